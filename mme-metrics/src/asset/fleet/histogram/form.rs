//! Which buckets of histograms rules read.

use std::fmt;
use std::str::FromStr;

/// Which buckets of histograms the rendered rules and panels read.
///
/// The histograms of exporters stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AssetHistograms {
    /// Classic buckets: series with the label `le`.
    #[default]
    Classic,
    /// Native histograms. The rules need Prometheus 3.
    Native,
    /// Native histograms, and classic buckets where there are none. The rules need Prometheus 3.
    Both,
}

/// An unknown name of what rules read of histograms.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownHistograms {
    name: String,
}

impl AssetHistograms {
    /// Every choice.
    pub const ALL: &[Self] = &[Self::Classic, Self::Native, Self::Both];

    /// Returns the name of the choice: `classic`, `native` or `both`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Native => "native",
            Self::Both => "both",
        }
    }
}

impl FromStr for AssetHistograms {
    type Err = UnknownHistograms;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|choice| choice.as_str() == name);
        found.copied().ok_or_else(|| UnknownHistograms { name: name.to_owned() })
    }
}

impl fmt::Display for UnknownHistograms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown histograms `{}`: use classic, native or both", self.name)
    }
}

impl std::error::Error for UnknownHistograms {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_have_names() {
        for choice in AssetHistograms::ALL {
            assert_eq!(choice.as_str().parse(), Ok(*choice));
        }
        let error = "some".parse::<AssetHistograms>().unwrap_err();
        assert_eq!(error.to_string(), "unknown histograms `some`: use classic, native or both");
    }
}
