//! Certificates whose validity period is read before each exposition.

use std::collections::HashSet;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::file::{WatchedDirectory, WatchedFile, look_at_file};
use super::label::{CertificateName, CertificateReadError};
use super::metrics::CERTIFICATE;
use super::read::{ReadSummary, Which, of_chain};
use crate::label::RegisterError;
use crate::metric::{CounterHandle, GaugeHandle};

/// A set of watched certificates whose validity period is exported, each under a name that the service gives it.
///
/// The watch scans them right before each exposition, on a thread of its own, and reads a file again only if it has changed:
///
/// ```
/// use mme_metrics::certificate::CertificateWatch;
/// use mme_metrics::{Format, Recorder};
///
/// let watch = CertificateWatch::new()
///     .file("api", "/etc/my-service/tls/tls.crt")?
///     .directory("partners", "/etc/my-service/partners")?;
/// let recorder = Recorder::builder().collect_named("certificates", watch.collector()).build()?;
/// # let text = recorder.render(Format::Text);
/// # assert!(text.contains("certificate_read_errors_total{certificate=\"api\",error_type=\"missing\"} 1\n"), "{text}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The period of a name is the one in which *all* its certificates are valid: the latest start and the earliest end in
/// a chain, bundle or directory. [`leaf`](Self::leaf) reads only the first certificate of a file.
///
/// The next exposition sees a new version of a file, whether it overwrote the old one, was renamed to its path, or was
/// mounted by Kubernetes, which replaces a symbolic link. Nothing of the old version remains.
///
/// A certificate that cannot be read is counted in `certificate_read_errors_total` at every scan, and is not part of
/// the period. If none under a name can be read, no period is exported, because an old one would suggest that all is
/// well.
///
/// A scan asks the file system once for each file. A file of more than 16 MiB and a directory of more than 10 000
/// entries are not read, and counted as `too_large`. One scan reads at most 64 MiB of new files in a directory; the
/// next scans read the rest.
#[derive(Debug, Default)]
#[must_use = "nothing is read until the collector is handed to `RecorderBuilder::collect`"]
pub struct CertificateWatch {
    sources: Vec<Source>,
    names: HashSet<String>,
}

impl CertificateWatch {
    /// Makes a watch without certificates.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds every certificate of a file in PEM or DER. Keys and other text are skipped.
    ///
    /// # Errors
    ///
    /// If another certificate of this watch has the name, if the name cannot be the value of a label, or if there are
    /// too many names.
    pub fn file(self, name: &str, path: impl Into<PathBuf>) -> Result<Self, CertificateWatchError> {
        self.add(name, Place::File { path: path.into(), which: Which::All, file: Mutex::default() })
    }

    /// Adds only the first certificate of a file. In a chain it is the server's own, the leaf.
    ///
    /// # Errors
    ///
    /// Those of [`file`](Self::file).
    pub fn leaf(self, name: &str, path: impl Into<PathBuf>) -> Result<Self, CertificateWatchError> {
        self.add(name, Place::File { path: path.into(), which: Which::First, file: Mutex::default() })
    }

    /// Adds every certificate in a directory, from files whose names end in `.pem`, `.crt`, `.cer` or `.der`.
    ///
    /// Each scan lists the directory again, so files can be added and removed. Subdirectories are not read. A file
    /// without a certificate, such as a key, is skipped.
    ///
    /// # Errors
    ///
    /// Those of [`file`](Self::file).
    pub fn directory(self, name: &str, path: impl Into<PathBuf>) -> Result<Self, CertificateWatchError> {
        self.add(name, Place::Directory { path: path.into(), files: Mutex::default() })
    }

    /// Adds a certificate chain that the callback `current` returns, a list of certificates in DER. Each scan calls it,
    /// so that it can return the chain that a TLS acceptor serves now.
    ///
    /// ```
    /// use std::sync::{Arc, RwLock};
    ///
    /// use mme_metrics::certificate::CertificateWatch;
    /// use rustls_pki_types::CertificateDer;
    ///
    /// // With rustls: the `cert` of the `CertifiedKey` that the acceptor's resolver hands out.
    /// let served: Arc<RwLock<Vec<CertificateDer<'static>>>> = Arc::default();
    /// let watch = CertificateWatch::new().chain("served", move || served.read().unwrap().clone())?;
    /// # watch.look();
    /// # Ok::<(), mme_metrics::certificate::CertificateWatchError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`file`](Self::file).
    pub fn chain<C>(
        self,
        name: &str,
        current: impl Fn() -> C + Send + Sync + 'static,
    ) -> Result<Self, CertificateWatchError>
    where
        C: IntoIterator<Item: AsRef<[u8]>>,
    {
        self.add(name, Place::Chain(Box::new(move || of_chain(current()))))
    }

    fn add(mut self, name: &str, place: Place) -> Result<Self, CertificateWatchError> {
        let label = CertificateName::register(name).map_err(CertificateWatchError::Name)?;
        if !self.names.insert(name.to_owned()) {
            return Err(CertificateWatchError::Twice(name.to_owned()));
        }
        self.sources.push(Source { series: Series::of(label), name: label, place });
        Ok(self)
    }

    /// Returns the callback for [`RecorderBuilder::collect`](crate::RecorderBuilder::collect).
    pub fn collector(self) -> impl Fn() + Send + Sync + 'static {
        move || self.look()
    }

    /// Scans all certificates now, and exports their validity periods.
    pub fn look(&self) {
        for source in &self.sources {
            source.series.report(&source.place.look());
        }
    }
}

struct Source {
    name: CertificateName,
    place: Place,
    series: Series,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Source");
        shown.field("name", &self.name.as_str());
        match &self.place {
            Place::File { path, .. } | Place::Directory { path, .. } => shown.field("path", path).finish(),
            Place::Chain(_) => shown.finish_non_exhaustive(),
        }
    }
}

/// The source of certificates: a file, a directory or a chain.
enum Place {
    File { path: PathBuf, which: Which, file: Mutex<WatchedFile> },
    Directory { path: PathBuf, files: Mutex<WatchedDirectory> },
    Chain(Box<dyn Fn() -> ReadSummary + Send + Sync>),
}

impl Place {
    fn look(&self) -> ReadSummary {
        match self {
            Self::File { path, which, file } => {
                look_at_file(&mut file.lock().unwrap_or_else(PoisonError::into_inner), path, *which)
            }
            Self::Directory { path, files } => files.lock().unwrap_or_else(PoisonError::into_inner).look(path),
            Self::Chain(current) => {
                // The callback is code of the service. If it panics, the other certificates are still scanned.
                let summary = catch_unwind(AssertUnwindSafe(current));
                let summary = summary.unwrap_or_else(|_| ReadSummary::failed(CertificateReadError::Unreadable));
                if summary.is_empty() { ReadSummary::failed(CertificateReadError::Missing) } else { summary }
            }
        }
    }
}

/// The series of one name.
struct Series {
    not_before: GaugeHandle,
    not_after: GaugeHandle,
    errors: [(CertificateReadError, CounterHandle); CertificateReadError::ALL.len()],
}

impl Series {
    fn of(name: CertificateName) -> Self {
        Self {
            not_before: CERTIFICATE.not_before.with((name,)),
            not_after: CERTIFICATE.not_after.with((name,)),
            errors: CertificateReadError::ALL.map(|error| (error, CERTIFICATE.read_errors.with((name, error)))),
        }
    }

    fn report(&self, summary: &ReadSummary) {
        // Adding 0 makes a zero series, so that the first error is an increase.
        self.errors.iter().for_each(|(error, counter)| counter.add(summary.errors(*error)));
        if let Some(validity) = summary.validity {
            // Every date that a certificate can contain is far below 2^53 seconds, where floats are exact.
            self.not_before.set(validity.not_before() as f64);
            self.not_after.set(validity.not_after() as f64);
        } else {
            self.not_before.clear();
            self.not_after.clear();
        }
    }
}

/// The reason why a certificate cannot be watched.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateWatchError {
    /// The name cannot be the value of a label, or there are too many names.
    Name(RegisterError),
    /// Two certificates of the watch have this name.
    Twice(String),
}

impl fmt::Display for CertificateWatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(_) => f.write_str("a certificate cannot have this name"),
            Self::Twice(name) => write!(f, "two certificates are watched as `{name}`: give one of them another name"),
        }
    }
}

impl Error for CertificateWatchError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Name(error) => Some(error),
            Self::Twice(_) => None,
        }
    }
}
