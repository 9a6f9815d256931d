//! The town's query whether a household may take part: asked, answered by the village, closed by the town.

/// What is asked of a household (质询事项).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueryAbout {
    /// 参评资格
    Eligible,
    /// 常住
    Resident,
    /// 参与
    TakingPart,
}

impl QueryAbout {
    /// All of them, in the order of their stored numbers.
    pub const ALL: [Self; 3] = [Self::Eligible, Self::Resident, Self::TakingPart];

    /// The stored number, 1 to 3.
    pub fn number(self) -> i16 {
        match self {
            Self::Eligible => 1,
            Self::Resident => 2,
            Self::TakingPart => 3,
        }
    }

    /// What a stored number stands for.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|about| about.number() == number)
    }

    /// The name in forms and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Eligible => "eligible",
            Self::Resident => "resident",
            Self::TakingPart => "taking_part",
        }
    }

    /// What a name stands for.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|about| about.name() == name)
    }

    /// As pages put the question.
    pub fn title(self) -> &'static str {
        match self {
            Self::Eligible => "是否符合参评资格",
            Self::Resident => "是否在本村常住",
            Self::TakingPart => "是否自愿参与",
        }
    }
}

/// What follows on a query (办理步骤).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueryStep {
    /// 核实无误: the village says that the register is right.
    Confirmed,
    /// 已改登记: the village has changed the register.
    Changed,
    /// 再问: the town is not content.
    AskedAgain,
    /// 办结: by the town, answered or not.
    Closed,
}

impl QueryStep {
    /// All of them, in the order of their stored numbers.
    pub const ALL: [Self; 4] = [Self::Confirmed, Self::Changed, Self::AskedAgain, Self::Closed];

    /// The stored number, 1 to 4.
    pub fn number(self) -> i16 {
        match self {
            Self::Confirmed => 1,
            Self::Changed => 2,
            Self::AskedAgain => 3,
            Self::Closed => 4,
        }
    }

    /// The step of a stored number.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.number() == number)
    }

    /// The name in forms and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Changed => "changed",
            Self::AskedAgain => "asked_again",
            Self::Closed => "closed",
        }
    }

    /// The step of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }

    /// As pages name it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Confirmed => "核实无误",
            Self::Changed => "已改登记",
            Self::AskedAgain => "再问",
            Self::Closed => "办结",
        }
    }

    /// Whether it is the village's.
    pub fn answers(self) -> bool {
        matches!(self, Self::Confirmed | Self::Changed)
    }
}

/// Where a query stands (办理状态).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueryState {
    /// 待村答复
    Asked,
    /// 村已答复: the town closes it or asks again.
    Answered,
    /// 已办结: nothing follows.
    Closed,
}

impl QueryState {
    /// As pages name it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Asked => "待村答复",
            Self::Answered => "村已答复，待镇办结",
            Self::Closed => "已办结",
        }
    }

    /// Whether somebody has to act.
    pub fn is_open(self) -> bool {
        self != Self::Closed
    }

    fn follows(self, step: QueryStep) -> bool {
        match self {
            Self::Asked => step != QueryStep::AskedAgain,
            Self::Answered => !step.answers(),
            Self::Closed => false,
        }
    }
}

/// Where a query stands by its steps in their order.
pub fn query_state(steps: &[QueryStep]) -> QueryState {
    match steps.last() {
        None | Some(QueryStep::AskedAgain) => QueryState::Asked,
        Some(QueryStep::Confirmed | QueryStep::Changed) => QueryState::Answered,
        Some(QueryStep::Closed) => QueryState::Closed,
    }
}

/// Why a step on a query is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryProblem {
    /// It does not follow.
    #[error("这件质询目前是“{state}”，不能再登记“{step}”；请刷新后查看")]
    OutOfTurn {
        /// Where it stands.
        state: &'static str,
        /// What was tried.
        step: &'static str,
    },
    /// Whoever asks does not answer.
    #[error("这件质询是您提出的，须由村里答复")]
    OwnQuestion,
    /// The register is as it was.
    #[error(
        "这一户的登记在质询之后还没有改动；请先更改登记，再答复“已改登记”，登记本来就对的，答复“核实无误”"
    )]
    Unchanged,
}

/// What a step on a query rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryFacts<'a> {
    /// Its steps so far, in their order.
    pub steps: &'a [QueryStep],
    /// The log-in of whoever asked.
    pub asked_by: &'a str,
    /// Whether the register of the household has changed since it was asked.
    pub register_changed: bool,
}

/// Rule R-75: a query of the town waits until the village confirms with a reason, or has changed the register; then the
/// town closes it or asks again. The town may close it unanswered. Whoever asked does not answer. Nobody waits for it:
/// the household is scored and closed meanwhile.
///
/// Source: part four (三): 由镇设置评分指导组，具体指导各评分小组审查参与积分农户资格; product §2.2 (the town may query it).
///
/// # Errors
/// A step that does not follow, whoever asked, a register that has not changed.
pub fn check_query_step(facts: &QueryFacts<'_>, step: QueryStep, by: &str) -> Result<(), QueryProblem> {
    let state = query_state(facts.steps);
    if !state.follows(step) {
        Err(QueryProblem::OutOfTurn { state: state.title(), step: step.title() })
    } else if step.answers() && by == facts.asked_by {
        Err(QueryProblem::OwnQuestion)
    } else if step == QueryStep::Changed && !facts.register_changed {
        Err(QueryProblem::Unchanged)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::QueryStep::{AskedAgain, Changed, Closed, Confirmed};
    use super::*;

    fn check(steps: &[QueryStep], state: QueryState, may_follow: &[QueryStep]) {
        assert_eq!(query_state(steps), state, "{steps:?}");
        let facts = QueryFacts { steps, asked_by: "zhen", register_changed: true };
        let follows =
            QueryStep::ALL.into_iter().filter(|step| check_query_step(&facts, *step, "wenshu").is_ok());
        assert_eq!(follows.collect::<Vec<_>>(), may_follow, "{steps:?}");
    }

    #[test]
    fn the_village_answers_and_the_town_closes_or_asks_again() {
        check(&[], QueryState::Asked, &[Confirmed, Changed, Closed]);
        check(&[Confirmed], QueryState::Answered, &[AskedAgain, Closed]);
        check(&[Confirmed, AskedAgain], QueryState::Asked, &[Confirmed, Changed, Closed]);
        check(&[Confirmed, AskedAgain, Changed], QueryState::Answered, &[AskedAgain, Closed]);
        check(&[Changed, Closed], QueryState::Closed, &[]);
        check(&[Closed], QueryState::Closed, &[]);
    }

    #[test]
    fn who_asked_does_not_answer_and_a_register_that_did_not_change_is_not_changed() {
        let facts = QueryFacts { steps: &[], asked_by: "zhen", register_changed: false };
        assert_eq!(check_query_step(&facts, Confirmed, "zhen"), Err(QueryProblem::OwnQuestion));
        assert_eq!(check_query_step(&facts, Closed, "zhen"), Ok(()));
        assert_eq!(check_query_step(&facts, Changed, "wenshu"), Err(QueryProblem::Unchanged));
        assert_eq!(check_query_step(&facts, Confirmed, "wenshu"), Ok(()));
    }

    #[test]
    fn a_step_out_of_turn_says_where_the_query_stands() {
        let facts = QueryFacts { steps: &[Closed], asked_by: "zhen", register_changed: true };
        let refusal = check_query_step(&facts, Confirmed, "wenshu").expect_err("refused");
        assert_eq!(refusal.to_string(), "这件质询目前是“已办结”，不能再登记“核实无误”；请刷新后查看");
    }

    #[test]
    fn names_and_numbers_read_back() {
        for about in QueryAbout::ALL {
            assert_eq!(QueryAbout::from_number(about.number()), Some(about));
            assert_eq!(QueryAbout::from_name(about.name()), Some(about));
        }
        for step in QueryStep::ALL {
            assert_eq!(QueryStep::from_number(step.number()), Some(step));
            assert_eq!(QueryStep::from_name(step.name()), Some(step));
        }
    }
}
