//! Who approves a catalogue that was handed in, and where it stands.

use chrono::NaiveDate;

use crate::place::{Level, Place};

/// What is done about a catalogue that was handed in (审批步骤).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubmissionStep {
    /// 退回修改
    SentBack,
    /// 通过: it is put in force.
    Approved,
    /// 撤回: by the place that handed it in, or because it handed in another.
    Withdrawn,
}

impl SubmissionStep {
    /// All of them, in the order of their stored numbers.
    pub const ALL: [Self; 3] = [Self::SentBack, Self::Approved, Self::Withdrawn];

    /// The stored number, 1 to 3.
    pub fn number(self) -> i16 {
        match self {
            Self::SentBack => 1,
            Self::Approved => 2,
            Self::Withdrawn => 3,
        }
    }

    /// The step of a stored number.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.number() == number)
    }

    /// The name in the API and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::SentBack => "sent_back",
            Self::Approved => "approved",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// As pages name it.
    pub fn title(self) -> &'static str {
        match self {
            Self::SentBack => "退回",
            Self::Approved => "通过",
            Self::Withdrawn => "撤回",
        }
    }
}

/// Where a catalogue that was handed in stands (审批状态).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubmissionState {
    /// 待审批
    Waiting,
    /// 已退回, 已通过 or 已撤回: nothing follows.
    Ended(SubmissionStep),
}

/// A step on what needs none any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("这份积分项目{state}，不能再{step}；请刷新后查看")]
pub struct SubmissionEnded {
    /// Where it stands.
    pub state: &'static str,
    /// What was tried.
    pub step: &'static str,
}

impl SubmissionState {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Ended(step) => step.name(),
        }
    }

    /// As pages name it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Waiting => "待审批",
            Self::Ended(SubmissionStep::SentBack) => "已退回",
            Self::Ended(SubmissionStep::Approved) => "已通过",
            Self::Ended(SubmissionStep::Withdrawn) => "已撤回",
        }
    }

    /// Whether somebody has to act.
    pub fn is_open(self) -> bool {
        self == Self::Waiting
    }

    /// Rule R-67: a catalogue that was handed in waits until it is sent back, approved or withdrawn, once; a place has
    /// one that waits, and handing in another withdraws it.
    ///
    /// Source: part six (一): 各镇要…对积分内容…各环节把关; product §2.1.
    ///
    /// # Errors
    /// One that does not wait.
    pub fn may_take(self, step: SubmissionStep) -> Result<(), SubmissionEnded> {
        match self {
            Self::Waiting => Ok(()),
            Self::Ended(_) => Err(SubmissionEnded { state: self.title(), step: step.title() }),
        }
    }
}

/// Where a catalogue stands by its steps in their order.
pub fn submission_state(steps: &[SubmissionStep]) -> SubmissionState {
    steps.first().map_or(SubmissionState::Waiting, |step| SubmissionState::Ended(*step))
}

/// Who hands in or decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doer<'a> {
    /// The account, for a person.
    pub account: Option<i64>,
    /// The log-in; of anybody else what the log calls them.
    pub login: &'a str,
}

impl Doer<'_> {
    /// Whether both are one person, under whichever name.
    pub fn is_same(&self, other: &Doer<'_>) -> bool {
        (self.account.is_some() && self.account == other.account) || self.login == other.login
    }
}

/// Why somebody may not decide on a catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotApprover {
    /// Nobody of the own level or below.
    #[error("{0}的积分项目由上级审批，本级不能审批自己提交的")]
    Level(&'static str),
    /// Whoever asks.
    #[error("这份积分项目是您提交的，须由另一人审批")]
    Submitter,
}

/// The place that approves what another hands in; none for those that hand in nothing: the county puts its own in
/// force itself.
pub fn approver(place: &Place) -> Option<Place> {
    match place.level() {
        Level::Town | Level::Village => place.parent(),
        Level::County | Level::Group | Level::Household => None,
    }
}

/// Whether somebody whose rights reach over `reach` decides on what `place` handed in.
///
/// # Errors
/// A reach that is not above.
pub fn is_above(place: &Place, reach: &Place) -> Result<(), NotApprover> {
    if reach != place && reach.contains(place) {
        Ok(())
    } else {
        Err(NotApprover::Level(place.level().title()))
    }
}

/// Rule R-66: a village's catalogue is approved by its town and a town's by the county, which may also stand in for a
/// town; always by somebody else than the one who handed it in. The county puts its own in force.
///
/// Source: part six (一): 各镇要…对积分内容…各环节把关; product §2.1 (second person).
///
/// # Errors
/// A reach that is not above, and whoever handed it in.
pub fn may_approve(
    place: &Place,
    reach: &Place,
    submitted: &Doer<'_>,
    by: &Doer<'_>,
) -> Result<(), NotApprover> {
    is_above(place, reach)?;
    if by.is_same(submitted) { Err(NotApprover::Submitter) } else { Ok(()) }
}

/// What is missing of the meeting that agreed to a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MeetingProblem {
    /// No date.
    #[error("村的积分项目须经村民（代表）会议同意，请填会议日期")]
    NoDate,
    /// A date to come.
    #[error("会议日期 {0} 还没有到，请填已开会议的日期")]
    ToCome(NaiveDate),
    /// Nobody counted.
    #[error("请填会议的应到和实到人数，如“应到 45 人，实到 38 人”")]
    NoAttendance,
    /// Too much.
    #[error("到会情况至多写 60 字，现在有 {0} 字，请写短一些")]
    TooLong(usize),
}

impl MeetingProblem {
    /// The field of a form that it belongs to.
    pub fn field(&self) -> &'static str {
        match self {
            Self::NoDate | Self::ToCome(_) => "meeting_on",
            Self::NoAttendance | Self::TooLong(_) => "attendance",
        }
    }
}

/// The most characters on attendance.
const LONGEST_ATTENDANCE: usize = 60;

/// Rule R-68: a village's catalogue carries the date and the attendance of the villagers' (representatives') meeting
/// that agreed to it; a town's may.
///
/// Source: part two: 坚持农民主体地位; product §2.1.
///
/// # Errors
/// What is missing, or cannot be.
pub fn check_meeting(
    place: &Place,
    held_on: Option<NaiveDate>,
    attendance: &str,
    today: NaiveDate,
) -> Result<(), MeetingProblem> {
    let wanted = place.level() == Level::Village;
    let length = attendance.chars().count();
    match held_on {
        None if wanted => Err(MeetingProblem::NoDate),
        Some(day) if day > today => Err(MeetingProblem::ToCome(day)),
        _ if wanted && attendance.trim().is_empty() => Err(MeetingProblem::NoAttendance),
        _ if length > LONGEST_ATTENDANCE => Err(MeetingProblem::TooLong(length)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTY: &str = "440229000000";
    const TOWN: &str = "440229100000";
    const VILLAGE: &str = "440229100204";

    fn place(code: &str) -> Place {
        Place::parse_code(code).expect("a code")
    }

    fn check(of: &str, reach: &str, by: (Option<i64>, &str), expected: Result<(), NotApprover>) {
        let submitted = Doer { account: Some(1), login: "wenshu" };
        let by = Doer { account: by.0, login: by.1 };
        assert_eq!(may_approve(&place(of), &place(reach), &submitted, &by), expected, "{of} {reach}");
    }

    #[test]
    fn the_level_above_approves_and_nobody_of_the_same() {
        check(VILLAGE, TOWN, (Some(2), "zhen"), Ok(()));
        check(VILLAGE, COUNTY, (Some(2), "xian"), Ok(()));
        check(TOWN, COUNTY, (Some(2), "xian"), Ok(()));
        check(VILLAGE, VILLAGE, (Some(2), "zhuren"), Err(NotApprover::Level("村")));
        check(TOWN, TOWN, (Some(2), "zhen"), Err(NotApprover::Level("镇")));
        check(VILLAGE, "440229101000", (Some(2), "zhen"), Err(NotApprover::Level("村")));
    }

    #[test]
    fn who_asks_cannot_approve_under_either_name() {
        check(VILLAGE, TOWN, (Some(1), "wenshu"), Err(NotApprover::Submitter));
        check(VILLAGE, TOWN, (Some(1), "renamed"), Err(NotApprover::Submitter));
        check(VILLAGE, TOWN, (None, "wenshu"), Err(NotApprover::Submitter));
        check(VILLAGE, TOWN, (None, "operator:clerk"), Ok(()));
    }

    #[test]
    fn a_village_asks_its_town_a_town_the_county_and_the_county_nobody() {
        assert_eq!(approver(&place(VILLAGE)), Some(place(TOWN)));
        assert_eq!(approver(&place(TOWN)), Some(place(COUNTY)));
        assert_eq!(approver(&place(COUNTY)), None);
        assert_eq!(approver(&place("440229100204001")), None);
    }

    #[test]
    fn the_first_step_ends_it() {
        assert_eq!(submission_state(&[]), SubmissionState::Waiting);
        for step in SubmissionStep::ALL {
            assert_eq!(SubmissionStep::from_number(step.number()), Some(step));
            assert_eq!(SubmissionState::Waiting.may_take(step), Ok(()));
            let ended = submission_state(&[step]);
            assert!(!ended.is_open() && ended.may_take(SubmissionStep::Approved).is_err(), "{step:?}");
        }
        let refusal = submission_state(&[SubmissionStep::SentBack]).may_take(SubmissionStep::Approved);
        assert_eq!(
            refusal.map_err(|ended| ended.to_string()),
            Err("这份积分项目已退回，不能再通过；请刷新后查看".to_owned())
        );
    }

    #[test]
    fn a_village_names_its_meeting_and_a_town_need_not() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        let today = day("2026-11-24");
        let of = |code: &str, held: Option<&str>, attendance: &str| {
            check_meeting(&place(code), held.map(day), attendance, today)
        };
        assert_eq!(of(VILLAGE, Some("2026-11-20"), "应到 45 人，实到 38 人"), Ok(()));
        assert_eq!(of(VILLAGE, None, "38/45"), Err(MeetingProblem::NoDate));
        assert_eq!(of(VILLAGE, Some("2026-11-20"), " "), Err(MeetingProblem::NoAttendance));
        assert_eq!(of(VILLAGE, Some("2026-11-25"), "38/45"), Err(MeetingProblem::ToCome(day("2026-11-25"))));
        assert_eq!(of(VILLAGE, Some("2026-11-20"), &"人".repeat(61)), Err(MeetingProblem::TooLong(61)));
        assert_eq!(of(TOWN, None, ""), Ok(()));
    }
}
