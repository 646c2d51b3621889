//! Query strings and urlencoded bodies.
