//! `jifen bench`: ours beside a reference, in the same run.

pub mod close;
pub mod import;
pub mod permission;
mod stage;

/// The middle of sorted times, in seconds.
fn median(seconds: &[f64]) -> f64 {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        length if length % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}
