//! Parses routes and paths of set-up code, such as `"POST /users 201 422"`.

use std::error::Error;
use std::fmt;

use super::label::{HttpMethod, HttpStatus};
use super::series::RouteSeries;
use crate::label::RegisterError;

/// A route with its optional method and statuses.
#[derive(Debug)]
pub(super) struct RoutePattern {
    pub(super) method: Option<HttpMethod>,
    pub(super) route: &'static RouteSeries,
    pub(super) statuses: Vec<HttpStatus>,
}

impl RoutePattern {
    /// Parses an optional method and a path.
    pub(super) fn parse(text: &str) -> Result<Self, HttpRouteError> {
        let pattern = Self::parse_with_statuses(text)?;
        if pattern.statuses.is_empty() { Ok(pattern) } else { Err(HttpRouteError::new(text, Reason::Statuses)) }
    }

    /// Parses an optional method, a path and optional statuses.
    pub(super) fn parse_with_statuses(text: &str) -> Result<Self, HttpRouteError> {
        let mut words = text.split_whitespace().peekable();
        let before = words.next_if(|word| !word.starts_with('/'));
        let path = match (before, words.next()) {
            (_, Some(path)) => checked_path(path)?,
            (Some(word), None) if known_method(word).is_none() => return Err(HttpRouteError::new(word, Reason::Path)),
            (_, None) => return Err(HttpRouteError::new(text, Reason::NoPath)),
        };
        let method = |word| known_method(word).ok_or_else(|| HttpRouteError::new(word, Reason::Method));
        let method = before.map(method).transpose()?;
        let status = |word: &str| {
            let status = word.parse().map_or(HttpStatus::NONE, HttpStatus::new);
            if status.code() == 0 { Err(HttpRouteError::new(word, Reason::Status)) } else { Ok(status) }
        };
        let statuses = words.map(status).collect::<Result<_, _>>()?;
        let route = RouteSeries::of(path);
        if route.route.as_str() != path {
            return Err(HttpRouteError::new(path, Reason::Label(super::Route::register(path).err())));
        }
        Ok(Self { method, route, statuses })
    }
}

/// Returns the method with this exact name; `_OTHER` stands for all unknown methods.
fn known_method(name: &str) -> Option<HttpMethod> {
    Some(HttpMethod::from_name(name)).filter(|method| method.as_str() == name)
}

/// Returns `path` if it can be the path of a request or the template of a route.
pub(super) fn checked_path(path: &str) -> Result<&str, HttpRouteError> {
    if path.starts_with('/') && !path.contains(char::is_whitespace) {
        Ok(path)
    } else {
        Err(HttpRouteError::new(path, Reason::Path))
    }
}

/// The error of an [`HttpLayer`](super::HttpLayer) with an invalid route or path. Its message names the wrong word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRouteError {
    text: String,
    reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    Path,
    NoPath,
    Method,
    Status,
    Statuses,
    /// `None` where the budget of routes is used up.
    Label(Option<RegisterError>),
}

impl HttpRouteError {
    fn new(text: &str, reason: Reason) -> Self {
        Self { text: text.to_owned(), reason }
    }
}

impl fmt::Display for HttpRouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, reason } = self;
        match reason {
            Reason::Path => {
                write!(f, "`{text}` is not a path: a path begins with `/` and has no spaces, such as `/users/{{id}}`")
            }
            Reason::NoPath => write!(f, "route `{text}` has no path: write one, such as `POST /users 201 422`"),
            Reason::Method => {
                write!(
                    f,
                    "unknown method `{text}`: write one of {}",
                    HttpMethod::ALL.map(HttpMethod::as_str).join(", ")
                )
            }
            Reason::Status => write!(f, "unknown status `{text}`: write a number from 100 to 599"),
            Reason::Statuses => {
                write!(f, "route `{text}` has statuses: write a method and a path, such as `POST /users`")
            }
            Reason::Label(_) => {
                write!(
                    f,
                    "route `{text}` cannot be a label value: use templates of at most 128 bytes, and at most 1000 of them"
                )
            }
        }
    }
}

impl Error for HttpRouteError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.reason {
            Reason::Label(Some(error)) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        RoutePattern::parse_with_statuses(text).expect_err(text).to_string()
    }

    #[test]
    fn each_part_is_read() {
        let read = |text| {
            let RoutePattern { method, route, statuses } = RoutePattern::parse_with_statuses(text).expect(text);
            (method, route.route.as_str(), statuses)
        };
        assert_eq!(read("/pattern"), (None, "/pattern", vec![]));
        let statuses = vec![HttpStatus::new(201), HttpStatus::new(422)];
        assert_eq!(read(" POST  /pattern/{id} 201 422 "), (Some(HttpMethod::Post), "/pattern/{id}", statuses));
        assert_eq!(read("_OTHER /pattern"), (Some(HttpMethod::Other), "/pattern", vec![]));
    }

    #[test]
    fn a_wrong_word_is_named_with_the_form_that_is_expected() {
        for (text, wrong, expected) in [
            ("users", "`users` is not a path", "begins with `/`"),
            ("POST users", "`users` is not a path", "begins with `/`"),
            ("post /users", "unknown method `post`", "CONNECT, DELETE, GET"),
            ("PSOT /users", "unknown method `PSOT`", "POST"),
            ("/users 2OO", "unknown status `2OO`", "100 to 599"),
            ("/users 700", "unknown status `700`", "100 to 599"),
            ("/users 200 7", "unknown status `7`", "100 to 599"),
            ("DELETE", "route `DELETE` has no path", "`POST /users 201 422`"),
            ("", "route `` has no path", "`POST /users 201 422`"),
        ] {
            let said = refusal(text);
            assert!(said.contains(wrong) && said.contains(expected), "{text}: {said}");
        }
        let error = RoutePattern::parse("POST /users 201").expect_err("a listener is told of every status");
        assert!(error.to_string().contains("`POST /users 201` has statuses"), "{error}");
    }

    #[test]
    fn a_template_that_cannot_be_a_label_is_refused_with_its_reason() {
        let error = RoutePattern::parse(&format!("/{}", "x".repeat(128))).expect_err("it is too long");
        assert!(error.to_string().contains("at most 128 bytes"), "{error}");
        assert!(error.source().is_some_and(|source| source.to_string().contains("over 128 bytes")));
    }
}
