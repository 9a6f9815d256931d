//! What a villager brings, and what it is about.

macro_rules! choices {
    ($(#[$about:meta])* $choice:ident: $($(#[$doc:meta])* $name:ident = $number:literal, $code:literal, $title:literal;)*) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $choice {
            $($(#[$doc])* $name,)*
        }

        impl $choice {
            /// All of them, in the order of their stored numbers.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stored number, from 1 on.
            pub fn number(self) -> i16 {
                match self { $(Self::$name => $number,)* }
            }

            /// The name in forms and in the log.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// As pages name it.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// The one of a stored number.
            pub fn from_number(number: i16) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.number() == number)
            }

            /// The one of a name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

choices! {
    /// What a villager brings.
    SuggestionKind:
    /// How something could be better.
    Suggestion = 1, "suggestion", "建议";
    /// That something is not as it should be.
    Complaint = 2, "complaint", "投诉";
}

choices! {
    /// What it is about.
    Topic:
    /// How households are scored.
    Scoring = 1, "scoring", "评分";
    /// What is published, when and where.
    Publication = 2, "publication", "公示";
    /// Goods and their hand-over.
    Redemption = 3, "redemption", "兑换";
    /// How the village's officials behave.
    Officials = 4, "officials", "干部作风";
    /// Anything else.
    Other = 5, "other", "其他";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_read_back() {
        for kind in SuggestionKind::ALL.iter().copied() {
            assert_eq!(SuggestionKind::from_number(kind.number()), Some(kind));
            assert_eq!(SuggestionKind::from_name(kind.name()), Some(kind));
        }
        for topic in Topic::ALL.iter().copied() {
            assert_eq!(Topic::from_number(topic.number()), Some(topic));
            assert_eq!(Topic::from_name(topic.name()), Some(topic));
        }
        assert_eq!((Topic::from_number(0), Topic::from_number(6)), (None, None));
        assert_eq!(SuggestionKind::from_name("praise"), None);
    }
}
