//! What one read showed, and what two of them mean.

use super::label::Verdict;
use crate::probe::Failure;

/// What a tenant saw when it tried to read a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sight {
    /// The resource itself, beyond doubt.
    Seen,
    /// What is the owner's stood in something that is no proper answer, such as an error page: proof enough of a leak, but not
    /// that the owner can read it.
    Leaked,
    /// A refusal, or that there is no such thing.
    Denied,
    /// Neither: it could not be found out.
    Unclear(Failure),
}

/// What a check found out, and what kept it from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    Pass,
    Breach,
    Unknown(Failure),
}

impl Finding {
    pub(super) const fn verdict(self) -> Verdict {
        match self {
            Self::Pass => Verdict::Pass,
            Self::Breach => Verdict::Breach,
            Self::Unknown(_) => Verdict::Unknown,
        }
    }
}

/// Classifies a check by what the owner and what the other tenant saw.
///
/// What the other tenant saw is a breach whatever became of the owner. That it saw nothing counts only if there was
/// something to be seen.
pub(super) const fn judge(owner: Sight, foreigner: Sight) -> Finding {
    match (owner, foreigner) {
        (_, Sight::Seen | Sight::Leaked) => Finding::Breach,
        (Sight::Seen, Sight::Denied) => Finding::Pass,
        (_, Sight::Unclear(failure)) | (Sight::Unclear(failure), Sight::Denied) => Finding::Unknown(failure),
        (Sight::Denied, Sight::Denied) => Finding::Unknown(Failure::Other("the owner cannot read it")),
        (Sight::Leaked, Sight::Denied) => Finding::Unknown(Failure::Unexpected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGHTS: [Sight; 4] = [Sight::Seen, Sight::Leaked, Sight::Denied, Sight::Unclear(Failure::TimedOut)];

    #[test]
    fn it_passes_in_one_case_only() {
        for owner in SIGHTS {
            for foreigner in SIGHTS {
                let passes = judge(owner, foreigner) == Finding::Pass;
                assert_eq!(passes, (owner, foreigner) == (Sight::Seen, Sight::Denied), "{owner:?} {foreigner:?}");
            }
        }
    }

    #[test]
    fn what_a_foreigner_sees_is_a_breach_whatever_the_owner_sees() {
        for owner in SIGHTS {
            assert_eq!(judge(owner, Sight::Seen), Finding::Breach);
            assert_eq!(judge(owner, Sight::Leaked), Finding::Breach);
        }
    }
}
