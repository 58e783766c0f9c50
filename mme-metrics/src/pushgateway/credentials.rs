//! The credentials of a push. They are read from a file for each push, so that a new secret needs no restart, and are kept nowhere.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use super::error::PushError;

/// Largest file that is read: far more than a secret.
const LARGEST: u64 = 64 << 10;

/// How a push is authenticated.
pub(super) enum Credentials {
    Bearer { token_file: PathBuf },
    Basic { user: String, password_file: PathBuf },
}

impl Credentials {
    /// Returns the value of `Authorization`. No error has the path or the content of the file.
    pub(super) fn header(&self) -> Result<HeaderValue, PushError> {
        let value = match self {
            Self::Bearer { token_file } => format!("Bearer {}", secret(token_file)?),
            Self::Basic { user, password_file } => {
                format!("Basic {}", STANDARD.encode(format!("{user}:{}", secret(password_file)?)))
            }
        };
        let mut value = HeaderValue::from_str(&value)
            .map_err(|_| PushError::Credentials("it has control characters".to_owned()))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Reads a secret without the line break at its end.
fn secret(path: &Path) -> Result<String, PushError> {
    let mut bytes = Vec::new();
    let read = |file: File| file.take(LARGEST + 1).read_to_end(&mut bytes);
    let failed = |reason: &str| PushError::Credentials(reason.to_owned());
    File::open(path).and_then(read).map_err(|error| failed(&error.to_string()))?;
    if bytes.len() as u64 > LARGEST {
        return Err(failed("it is larger than 64 KiB"));
    }
    let text = String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8"))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() { Err(failed("it is empty")) } else { Ok(secret.to_owned()) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Returns the header for a password file with this content, and whatever the value shows of itself.
    fn header(content: &[u8]) -> Result<(String, String), PushError> {
        let path = std::env::temp_dir().join(format!("mme-metrics-password-{:?}", std::thread::current().id()));
        fs::write(&path, content).unwrap();
        let header = Credentials::Basic { user: "job".to_owned(), password_file: path.clone() }.header();
        let bearer = Credentials::Bearer { token_file: path.clone() }.header();
        fs::remove_file(path).unwrap();
        assert_eq!(header.is_ok(), bearer.is_ok() || content.contains(&b'\t'));
        header.map(|value| (value.to_str().unwrap().to_owned(), format!("{value:?}")))
    }

    #[test]
    fn a_secret_is_the_file_without_its_last_line_break() {
        let (value, shown) = header(b"pa ss\r\n").unwrap();
        assert_eq!(value, format!("Basic {}", STANDARD.encode("job:pa ss")));
        assert!(!shown.contains(&value[6..]), "{shown}");
    }

    #[test]
    fn a_file_that_cannot_be_used_is_an_error_without_its_content() {
        for content in [&b""[..], b"\n", b"\xff", &vec![b'x'; (64 << 10) + 1]] {
            assert!(matches!(header(content), Err(PushError::Credentials(_))), "{content:?}");
        }
        let missing = Credentials::Bearer { token_file: "/no/such/file".into() }.header().unwrap_err();
        assert!(!missing.to_string().contains("/no/such"), "{missing}");
    }
}
