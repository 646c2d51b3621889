//! Passwords, tokens and scopes: pure functions, no database.
