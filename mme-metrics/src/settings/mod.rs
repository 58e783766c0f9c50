//! What the operator of a service sets, without a build: a TOML file and environment variables.
//!
//! The service reads them once and hands them to its recorder. From then on the operator can disable families and metrics, and set
//! buckets, budgets, forms of histograms, labels and a listener. What the operator sets wins over the code, wherever the code sets it.
//! Only a label that a series has already keeps its value there.
//!
//! ```
//! use mme_metrics::settings::Settings;
//! use mme_metrics::{Format, Recorder};
//!
//! // A service calls `Settings::from_env()?` instead, and `install`.
//! let settings = Settings::from_toml(r#"
//!     disabled_families = ["grpc"]
//!     [buckets]
//!     http_server_request_duration_seconds = [0.05, 0.25, 1]
//!     [labels]
//!     environment = "prod"
//! "#)?;
//! let recorder = Recorder::builder().settings(settings).build()?;
//! assert!(recorder.render(Format::Text).contains("mme_series{family=\"http\",environment=\"prod\"} 0\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What can be set
//!
//! `MME_METRICS_FILE` names the TOML file. A variable wins over the file: a list replaces the list of the file, and an entry such as
//! `metric=…` replaces that of the same name. An empty variable counts as unset.
//!
//! | key in the file | variable | meaning |
//! |---|---|---|
//! | `disabled_families = ["grpc"]` | `MME_METRICS_DISABLED_FAMILIES=grpc,log` | families that are off; `other` is all metrics without a family |
//! | `disabled_metrics = ["…"]` | `MME_METRICS_DISABLED_METRICS=…,…` | metrics that are off |
//! | `[buckets]` `metric = [0.1, 1]` | `MME_METRICS_BUCKETS=metric=0.1,1;other=2` | upper bounds of a histogram |
//! | `[budgets]` `family = 500` | `MME_METRICS_FAMILY_BUDGETS=family=500,other=20` | as [`family_budget`](crate::RecorderBuilder::family_budget) |
//! | `process_budget = 5000` | `MME_METRICS_PROCESS_BUDGET=5000` | as [`process_budget`](crate::RecorderBuilder::process_budget) |
//! | `[histogram_forms]` `metric = "both"`, `"*" = "native"` | `MME_METRICS_HISTOGRAM_FORMS=*=both,metric=native` | as [`histogram_form`](crate::RecorderBuilder::histogram_form); `*` is every other histogram |
//! | `[labels]` `env = "prod"` | `MME_METRICS_LABELS=env=prod` | as [`global_label`](crate::RecorderBuilder::global_label) |
//! | `[listener]` `address = "0.0.0.0:9464"` | `MME_METRICS_LISTENER_ADDRESS` | where `Settings::start_listener` listens, if the service calls it |
//! | `[listener]` `token_file = "…"` | `MME_METRICS_LISTENER_TOKEN_FILE` | a file with the bearer token that a scrape of the listener needs |
//!
//! # What is disabled
//!
//! A disabled metric has no series: no line in any exposition, no zero series, no use of a budget. Code that emits it gets handles that
//! do nothing. What reads the recorder, such as OTLP, the live page and `testing`, finds nothing either.
//!
//! Every family may be disabled, and something goes blind each time. Without `mme` no alert says that series overflow, that
//! observations are refused or that a collector hangs. Without `process` there are no alerts on restarts, memory and file descriptors.
//! `mme-metrics assets blind --settings FILE` lists the rules, alerts and panels that read what is off.
//!
//! # Mistakes
//!
//! Nothing is ignored. A key, variable, family or metric that does not exist, a value that cannot be used and a file that cannot be
//! read are errors, of [`Settings::from_env`] or of [`RecorderBuilder::build`](crate::RecorderBuilder::build), which knows the families
//! of the service. An error names the place and what to do, and never a secret. A metric of another crate is known if the code names it,
//! as in [`RecorderBuilder::buckets`](crate::RecorderBuilder::buckets).
//!
//! Variables that Kubernetes makes for a Service, such as `MME_METRICS_PORT_9464_TCP`, are no settings and are skipped.

mod environment;
mod error;
mod file;
mod line;
mod list;
mod name;
mod token;
mod value;

pub use self::error::SettingsError;
pub(crate) use self::list::ANY;
pub(crate) use self::name::Names;
pub(crate) use self::value::Setting;
pub use self::value::Settings;
