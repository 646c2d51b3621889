//! Who waits for whom: what nobody waits for steps back behind those who answer requests.

use std::cell::Cell;

thread_local! {
    static BEHIND: Cell<bool> = const { Cell::new(false) };
}

/// Lowers the priority of the calling thread for good. Where the system does not let us, or threads have none of their own, it stays
/// as it is.
pub fn step_back() {
    BEHIND.set(true);
    lower();
}

/// Whether the calling thread stepped back: what others want too it should not hold in numbers.
pub fn is_behind() -> bool {
    BEHIND.get()
}

/// How far a thread steps back: it gets about a tenth of a core that others want too.
#[cfg(target_os = "linux")]
const DISTANCE: i32 = 10;

#[cfg(target_os = "linux")]
fn lower() {
    // Of Linux's threads each has a priority of its own; elsewhere this would be the whole program's.
    let _ = rustix::process::setpriority_process(None, DISTANCE);
}

#[cfg(not(target_os = "linux"))]
fn lower() {}
