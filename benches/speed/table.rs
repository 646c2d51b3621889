//! Tables on the terminal.

use super::load::Measured;

/// Opens a table.
pub fn title(text: &str) {
    println!("\n{text}");
}

/// A figure beside its goal.
pub fn figure(name: &str, figure: &str, goal: &str) {
    println!("  {name:<46} {figure:>16}   {goal}");
}

/// Opens a table of loads.
pub fn loads() {
    println!(
        "  {:<30} {:>9} {:>9} {:>9} {:>7} {:>9} {:>9}  goal",
        "", "bytes", "yard/s", "kenoma/s", "ratio", "yard p99", "our p99"
    );
}

/// A load beside the yardstick's.
pub fn load(name: &str, yard: Measured, ours: Measured, goal: &str) {
    println!(
        "  {name:<30} {:>9} {:>9.0} {:>9.0} {:>6.0}% {:>7.2}ms {:>7.2}ms  {goal}",
        ours.bytes,
        yard.rate,
        ours.rate,
        100.0 * ours.rate / yard.rate,
        1000.0 * yard.p99.as_secs_f64(),
        1000.0 * ours.p99.as_secs_f64(),
    );
}
