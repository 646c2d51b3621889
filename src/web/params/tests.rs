//! Every spelling of parameters that clients use.
