//! What a read shows to a tenant, and the result of two reads.

use super::label::Verdict;
use crate::probe::ProbeFailure;

/// What a tenant sees when it tries to read a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Visibility {
    /// The resource itself.
    Seen,
    /// The owner's data in an improper response, such as an error page. It proves a leak, but not that the owner can
    /// read the resource.
    Leaked,
    /// A refusal, or a response that the resource does not exist.
    Denied,
    /// Nothing certain, because the read failed.
    Unclear(ProbeFailure),
}

/// The result of a check.
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

/// Classifies a check by what the owner and the other tenant saw.
///
/// If the other tenant saw the resource, the check is a breach, whatever the owner saw. If the other tenant was
/// refused, the check is a pass only if the owner saw the resource.
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
