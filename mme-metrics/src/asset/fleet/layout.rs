//! Arranges the bundled files in the directories of a monitoring set-up that exists already.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::kind::kind;
use crate::asset::{AssetFile, AssetKind};

/// The directories and names of the rendered files.
///
/// Only [`Default`](Self::Default) has the rule tests and the deployment files, because they name single files that the other
/// layouts join or move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AssetLayout {
    /// The layout of the bundled files: `prometheus/rules/http.yml`, `prometheus/alerts/http.yml`, …
    #[default]
    Default,
    /// One file for each purpose, in one directory: `prometheus.yml`, `rules.yml`, `alert_rules.yml`, `alertmanager.yml`.
    Mme,
    /// Rules by subject: `prometheus/security-alerts.yml`, `infrastructure-rules.yml` and `sla-rules.yml`.
    Platform,
    /// Names that begin with `trust-service-`: `prometheus/trust-service-alerts.yml`,
    /// `grafana/trust-service-security.json`, …
    Trust,
}

/// An unknown name of a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownLayout {
    name: String,
}

impl AssetLayout {
    /// Every layout.
    pub const ALL: &[Self] = &[Self::Default, Self::Mme, Self::Platform, Self::Trust];

    /// Returns the name of the layout: `default`, `mme`, `platform` or `trust`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Mme => "mme",
            Self::Platform => "platform",
            Self::Trust => "trust",
        }
    }

    /// Moves, joins and renames files. The order of the files decides the order of joined rules.
    pub(super) fn arrange(self, files: Vec<AssetFile>) -> Result<Vec<AssetFile>, (String, String)> {
        if self == Self::Default {
            return Ok(files);
        }
        let mut arranged = Vec::new();
        let mut joined: BTreeMap<String, Vec<AssetFile>> = BTreeMap::new();
        for file in files {
            if matches!(kind(&file), AssetKind::RuleTests | AssetKind::Deployment) {
                continue;
            }
            if let Some(path) = self.joined(&file) {
                joined.entry(path.to_owned()).or_default().push(file);
            } else {
                arranged.push(self.moved(&file));
            }
        }
        for (path, parts) in joined {
            let text = join(&parts)?;
            arranged.push(AssetFile::new(AssetKind::Rules, path, text));
        }
        arranged.sort_by(|left, right| left.path().cmp(right.path()));
        Ok(arranged)
    }

    /// Returns the file that the rules of a file become part of.
    fn joined(self, file: &AssetFile) -> Option<&'static str> {
        let alerts = file.path().starts_with("prometheus/alerts/");
        if !alerts && !file.path().starts_with("prometheus/rules/") {
            return None;
        }
        Some(match self {
            Self::Default => return None,
            Self::Mme if alerts => "alert_rules.yml",
            Self::Mme => "rules.yml",
            Self::Platform => match file.stem() {
                "security" | "certificate" | "isolation" | "vault" => "prometheus/security-alerts.yml",
                "slo" | "http" | "grpc" | "business" | "function" => "prometheus/sla-rules.yml",
                _ => "prometheus/infrastructure-rules.yml",
            },
            Self::Trust if alerts => "prometheus/trust-service-alerts.yml",
            Self::Trust => "prometheus/trust-service-rules.yml",
        })
    }

    fn moved(self, file: &AssetFile) -> AssetFile {
        let path = self.path(file.path());
        if path.ends_with("provisioning/dashboards/mme-metrics.yml") && self == Self::Trust {
            return AssetFile::new(file.kind(), path, ONE_PROVIDER);
        }
        if file.kind() == AssetKind::Configuration && file.text().contains(BUNDLED_RULES) {
            let text = file.text().replace(BUNDLED_RULES, &self.rule_files());
            return AssetFile::new(file.kind(), path, text);
        }
        AssetFile::new(file.kind(), path, file.text().to_owned())
    }

    fn rule_files(self) -> String {
        let names: &[&str] = match self {
            Self::Default => return BUNDLED_RULES.to_owned(),
            Self::Mme => &["rules.yml", "alert_rules.yml"],
            Self::Platform => &["security-alerts.yml", "infrastructure-rules.yml", "sla-rules.yml"],
            Self::Trust => &["trust-service-rules.yml", "trust-service-alerts.yml"],
        };
        format!("  - {}\n", names.join("\n  - "))
    }

    fn path(self, path: &str) -> String {
        let strip = |prefix| path.strip_prefix(prefix);
        match self {
            Self::Default => None,
            Self::Mme => strip("prometheus/").or_else(|| strip("alertmanager/")).map(str::to_owned),
            Self::Platform => {
                let rest = strip("grafana/provisioning/datasources/").map(|name| format!("grafana/datasources/{name}"));
                let dashboards = strip("grafana/provisioning/dashboards/");
                rest.or_else(|| dashboards.map(|name| format!("grafana/dashboards/{name}")))
            }
            Self::Trust => {
                let routing = strip("alertmanager/").filter(|name| !name.contains('/'));
                let routing = routing.map(|name| format!("alertmanager/trust-service-{name}"));
                let dashboard = strip("grafana/dashboards/").and_then(|name| name.rsplit('/').next());
                routing.or_else(|| dashboard.map(|name| format!("grafana/trust-service-{name}")))
            }
        }
        .unwrap_or_else(|| path.to_owned())
    }
}

/// The lines that load the bundled rules in a configuration of Prometheus.
const BUNDLED_RULES: &str = "  - rules/*.yml\n  - alerts/*.yml\n";

/// The provider of dashboards that are in one directory.
const ONE_PROVIDER: &str = "\
# Loads the dashboards into one folder. Copy this file to Grafana's `provisioning/dashboards`, and the dashboards
# trust-service-*.json to the path below. Grafana reads changed files again within a minute.
apiVersion: 1
providers:
  - name: mme-metrics
    folder: Trust service
    folderUid: mme-metrics
    type: file
    disableDeletion: true
    allowUiUpdates: false
    updateIntervalSeconds: 60
    options: {path: /var/lib/grafana/dashboards/mme-metrics}
";

/// Joins rule files. The comments at the beginning of each file stand before its groups.
fn join(files: &[AssetFile]) -> Result<String, (String, String)> {
    let mut text = String::from("groups:\n");
    for file in files {
        let lines = file.text().split_once("\ngroups:\n").filter(|(_, groups)| groups.starts_with("  - "));
        let Some((head, groups)) = lines else {
            let message = "cannot be joined with other files: write a comment, then a line `groups:`, then groups that are \
                           indented by two spaces";
            return Err((file.path().to_owned(), message.to_owned()));
        };
        for line in head.lines() {
            text.push_str(if line.is_empty() { "" } else { "  " });
            text.push_str(line);
            text.push('\n');
        }
        text.push_str(groups.trim_end());
        text.push_str("\n\n");
    }
    text.truncate(text.trim_end().len());
    Ok(text + "\n")
}

impl FromStr for AssetLayout {
    type Err = UnknownLayout;

    fn from_str(name: &str) -> Result<Self, UnknownLayout> {
        let found = Self::ALL.iter().find(|layout| layout.as_str() == name);
        found.copied().ok_or_else(|| UnknownLayout { name: name.to_owned() })
    }
}

impl std::fmt::Display for AssetLayout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Display for UnknownLayout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = AssetLayout::ALL.iter().map(|layout| layout.as_str()).collect();
        write!(f, "unknown layout {:?}: use one of {}", self.name, names.join(", "))
    }
}

impl std::error::Error for UnknownLayout {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::FILES;

    #[test]
    fn a_layout_is_named_as_it_is_read() {
        for layout in AssetLayout::ALL {
            assert_eq!(layout.to_string().parse(), Ok(*layout));
        }
        let error = "mine".parse::<AssetLayout>().unwrap_err().to_string();
        assert_eq!(error, "unknown layout \"mine\": use one of default, mme, platform, trust");
    }

    #[test]
    fn no_two_files_get_one_path() {
        for layout in AssetLayout::ALL {
            let files = layout.arrange(FILES.to_vec()).unwrap();
            let paths: std::collections::BTreeSet<_> = files.iter().map(AssetFile::path).collect();
            assert_eq!(paths.len(), files.len(), "{layout}");
        }
    }

    #[test]
    fn every_rule_is_in_each_layout_once() {
        let count = |files: &[AssetFile]| {
            let rules = files.iter().filter(|file| file.kind() == AssetKind::Rules).map(AssetFile::text);
            rules.flat_map(str::lines).filter(|line| line.contains("- alert: ") || line.contains("- record: ")).count()
        };
        for layout in AssetLayout::ALL {
            assert_eq!(count(&layout.arrange(FILES.to_vec()).unwrap()), count(FILES), "{layout}");
        }
    }

    #[test]
    fn a_file_of_another_form_is_not_joined() {
        let file = AssetFile::new(AssetKind::Rules, "prometheus/rules/mine.yml", "groups:\n- name: a\n  rules: []\n");
        let (path, message) = AssetLayout::Mme.arrange(vec![file]).unwrap_err();
        assert_eq!(path, "prometheus/rules/mine.yml");
        assert!(message.contains("cannot be joined"), "{message}");
    }
}
