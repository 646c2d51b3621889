//! How far a long job is: a bar on a terminal, a line for each part that is done elsewhere.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use super::{Outcome, say};

/// Between two looks of the bar.
const PACE: Duration = Duration::from_millis(100);
const WIDTH: u64 = 30;

/// One part of a job, from its beginning to its end.
pub struct Progress {
    what: &'static str,
    terminal: bool,
    drawn: Option<Instant>,
}

impl Progress {
    /// Begins a part.
    pub fn of(what: &'static str) -> Progress {
        Progress {
            what,
            terminal: std::io::stderr().is_terminal(),
            drawn: None,
        }
    }

    /// So much of so much is done.
    pub fn at(&mut self, done: u64, all: u64) {
        if !self.terminal || self.drawn.is_some_and(|drawn| drawn.elapsed() < PACE) {
            return;
        }
        self.drawn = Some(Instant::now());
        let filled = done.min(all) * WIDTH / all.max(1);
        let bar: String = (0..WIDTH)
            .map(|at| if at < filled { '#' } else { '.' })
            .collect();
        let mut terminal = std::io::stderr().lock();
        // A bar that cannot be drawn is no reason to stop.
        let _ = write!(terminal, "\r{:<10} [{bar}]", self.what);
        let _ = terminal.flush();
    }

    /// It is done, without a word.
    pub fn end(&self) {
        if self.drawn.is_some() {
            eprint!("\r\x1b[K");
        }
    }

    /// It is done; says what came of it.
    pub fn done(self, outcome: &str) -> Outcome {
        self.end();
        say(format_args!("{:<10} {outcome}", self.what))
    }
}

/// Bytes as people read them.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} bytes"),
        1000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_read_by_people() {
        for (bytes, text) in [
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (12_345_678, "12.3 MB"),
            (5_000_000_000, "5.0 GB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
