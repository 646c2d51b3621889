//! Outgoing mail: the letters, and the two ways they leave.
//!
//! A letter is plain data, made inside a transaction and stored with a job; `Mailer::send` runs
//! in the job, where waiting for a mail server holds nothing up and a failure is tried again.
mod letter;
mod mailer;
#[cfg(test)]
mod tests;

pub use letter::{Applicant, Letter, Site};
pub use mailer::{MailError, Mailer};
