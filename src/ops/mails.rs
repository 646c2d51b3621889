//! Letters: pushed as jobs in the transaction of the change that they tell of.

use crate::db::{Tx, jobs, users};
use crate::error::Result;
use crate::mail::{Applicant, Letter, Site};

/// Queues a letter.
pub fn send(tx: &Tx, letter: &Letter) -> Result<()> {
    jobs::push(tx, "send_mail", letter)
}

/// Tells every admin who can be reached that somebody waits for approval.
pub fn tell_admins(tx: &Tx, site: &Site, applicant: &Applicant) -> Result<()> {
    for address in users::admin_addresses(tx)? {
        send(tx, &site.awaiting_approval(&address, applicant))?;
    }
    Ok(())
}
