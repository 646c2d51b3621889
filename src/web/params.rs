//! One tree of parameters from every place a client may put them.
