//! 催办: the late steps of a village's month that somebody asks for today, as one number that names them for ever.

use super::DueStep;
use crate::month::Month;

/// The steps that can be late, in their order; a step's place here is its bit, and never changes.
const STEPS: [DueStep; 5] =
    [DueStep::Scoring, DueStep::Signing, DueStep::Closing, DueStep::Publication, DueStep::Posting];

/// How many numbers a month takes: one for each choice of steps.
const CHOICES: i32 = 1 << STEPS.len();

/// Late steps of a month that are urged together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urging {
    /// The month.
    pub month: Month,
    /// The steps, in their order.
    pub steps: Vec<DueStep>,
}

impl Urging {
    /// The number of this choice of steps: the same for the same month and steps, so that a second click asks for
    /// what was asked for already.
    pub fn number(&self) -> i32 {
        let bits = STEPS.iter().enumerate().filter(|(_, step)| self.steps.contains(step));
        let chosen: i32 = bits.map(|(at, _)| 1_i32 << at).sum();
        self.month.number().saturating_mul(CHOICES).saturating_add(chosen)
    }

    /// The steps of a number; none where it is not of a month.
    pub fn of_number(number: i32) -> Option<Self> {
        let month = Month::from_number(number.div_euclid(CHOICES))?;
        let chosen = number.rem_euclid(CHOICES);
        let steps = STEPS.iter().enumerate().filter(|(at, _)| chosen & (1_i32 << *at) != 0);
        Some(Self { month, steps: steps.map(|(_, step)| *step).collect() })
    }

    /// The first and the last number of a month.
    pub fn numbers_of(month: Month) -> (i32, i32) {
        let first = month.number().saturating_mul(CHOICES);
        (first, first.saturating_add(CHOICES - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_names_a_month_and_its_steps() {
        let month = Month::parse("2026-10").expect("a month");
        let urging = Urging { month, steps: vec![DueStep::Signing, DueStep::Posting] };
        assert_eq!(Urging::of_number(urging.number()), Some(urging.clone()));
        let (first, last) = Urging::numbers_of(month);
        assert!(first < urging.number() && urging.number() <= last);
        assert_eq!(Urging::of_number(last).expect("a month's").steps, STEPS);
        assert_eq!(Urging::of_number(last + 1), Some(Urging { month: month.next(), steps: Vec::new() }));
        assert_eq!(Urging::of_number(0), None, "it is of no month");
    }
}
