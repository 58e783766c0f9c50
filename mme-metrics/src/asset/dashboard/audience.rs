//! The audiences of dashboards: operations, security and business.

/// The audience of a dashboard. Grafana shows the dashboards of each audience in their own folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Audience {
    /// People who operate the service.
    Operations,
    /// People who are responsible for the security of the service.
    Security,
    /// People who are responsible for the business of the service.
    Business,
}

impl Audience {
    /// Returns the name of the directory of the audience's dashboards, which is also their tag.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operations => "operations",
            Self::Security => "security",
            Self::Business => "business",
        }
    }
}
