//! Who waits for whom: what nobody waits for steps back behind those who answer requests.

/// How far a thread steps back: it gets about a tenth of a core that others want too.
#[cfg(target_os = "linux")]
const BEHIND: i32 = 10;

/// Lowers the priority of the calling thread for good. Where the system does not let us, it stays as it is.
#[cfg(target_os = "linux")]
pub fn step_back() {
    // Of Linux's threads each has a priority of its own; elsewhere this would be the whole program's.
    let _ = rustix::process::setpriority_process(None, BEHIND);
}

/// Lowers the priority of the calling thread where threads have one of their own.
#[cfg(not(target_os = "linux"))]
pub fn step_back() {}
