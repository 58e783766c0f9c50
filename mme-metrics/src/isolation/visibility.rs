//! What one read showed, and what two of them mean.

use super::label::Verdict;
use crate::probe::ProbeFailure;

/// What a tenant saw when it tried to read a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Visibility {
    /// The resource itself, beyond doubt.
    Seen,
    /// What is the owner's stood in something that is no proper answer, such as an error page: proof enough of a leak, but not
    /// that the owner can read it.
    Leaked,
    /// A refusal, or that there is no such thing.
    Denied,
    /// Neither: it could not be found out.
    Unclear(ProbeFailure),
}

/// What a check found out, and what kept it from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    Pass,
    Breach,
    Unknown(ProbeFailure),
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
pub(super) const fn judge(owner: Visibility, foreigner: Visibility) -> Finding {
    match (owner, foreigner) {
        (_, Visibility::Seen | Visibility::Leaked) => Finding::Breach,
        (Visibility::Seen, Visibility::Denied) => Finding::Pass,
        (_, Visibility::Unclear(failure)) | (Visibility::Unclear(failure), Visibility::Denied) => {
            Finding::Unknown(failure)
        }
        (Visibility::Denied, Visibility::Denied) => Finding::Unknown(ProbeFailure::Other("the owner cannot read it")),
        (Visibility::Leaked, Visibility::Denied) => Finding::Unknown(ProbeFailure::Unexpected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGHTS: [Visibility; 4] =
        [Visibility::Seen, Visibility::Leaked, Visibility::Denied, Visibility::Unclear(ProbeFailure::TimedOut)];

    #[test]
    fn it_passes_in_one_case_only() {
        for owner in SIGHTS {
            for foreigner in SIGHTS {
                let passes = judge(owner, foreigner) == Finding::Pass;
                assert_eq!(
                    passes,
                    (owner, foreigner) == (Visibility::Seen, Visibility::Denied),
                    "{owner:?} {foreigner:?}"
                );
            }
        }
    }

    #[test]
    fn what_a_foreigner_sees_is_a_breach_whatever_the_owner_sees() {
        for owner in SIGHTS {
            assert_eq!(judge(owner, Visibility::Seen), Finding::Breach);
            assert_eq!(judge(owner, Visibility::Leaked), Finding::Breach);
        }
    }
}
