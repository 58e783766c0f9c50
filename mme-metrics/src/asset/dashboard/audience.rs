//! Audiences of dashboards.

/// The people that a dashboard is for. Grafana keeps the dashboards of each audience in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Audience {
    /// The people who run the service.
    Operations,
    /// The people who answer for its security.
    Security,
    /// The people who answer for its business.
    Business,
}

impl Audience {
    /// Returns the name of the directory of its dashboards, which is also their tag.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operations => "operations",
            Self::Security => "security",
            Self::Business => "business",
        }
    }
}
