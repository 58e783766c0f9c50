//! The deployment files of an export.

use clap::ValueEnum;
use mme_metrics::asset::{AssetFile, AssetKind};

/// Where the files are deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Platform {
    /// Docker or Podman, by a compose file.
    Compose,
    /// Kubernetes, by kustomize.
    Kubernetes,
    /// Kubernetes with the Prometheus operator.
    Operator,
}

impl Platform {
    /// Returns why an option would have no effect on the files of this platform.
    pub(super) fn refusal(self, has_job: bool, is_rendered: bool) -> Option<&'static str> {
        match self {
            Self::Operator if has_job || is_rendered => Some(
                "--for operator has its rules and jobs in objects of their own: leave out --job, --services, --pushed, --histograms, --by and --set, and patch them by kustomize",
            ),
            Self::Compose if has_job => {
                Some("--for compose has the job in deploy/compose/targets/services.yml: leave out --job")
            }
            Self::Kubernetes if has_job => Some("--for kubernetes finds its jobs in the cluster: leave out --job"),
            Self::Compose | Self::Kubernetes | Self::Operator => None,
        }
    }

    fn has(self, path: &str) -> bool {
        match self {
            Self::Compose => path.starts_with("deploy/compose/"),
            Self::Kubernetes => path.starts_with("deploy/kubernetes/") || !path.starts_with("deploy/"),
            // Its dashboards and routes are those of the kustomization beside them.
            Self::Operator => path.starts_with("deploy/operator/") || !path.starts_with("deploy/"),
        }
    }
}

/// Keeps the deployment files of a platform, or none.
pub(super) fn retain(files: &mut Vec<AssetFile>, platform: Option<Platform>) {
    files.retain(|file| {
        file.kind() != AssetKind::Deployment || platform.is_some_and(|platform| platform.has(file.path()))
    });
}
