//! Answers in JSON.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Serialize;

use super::answer::{answer, sentence};

/// Answers with `value` as one line of JSON.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response<Bytes> {
    match serde_json::to_vec(value) {
        Ok(mut text) => {
            text.push(b'\n');
            answer(status, "application/json", text.into())
        }
        Err(error) => {
            sentence(StatusCode::INTERNAL_SERVER_ERROR, format!("the answer cannot be written as JSON: {error}\n"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value that serde refuses.
    struct Unwritable;

    impl Serialize for Unwritable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no text"))
        }
    }

    #[test]
    fn a_value_is_one_line_and_a_failure_says_why() {
        let response = json(StatusCode::OK, &[1, 2]);
        assert_eq!((response.status(), &response.body()[..]), (StatusCode::OK, &b"[1,2]\n"[..]));
        let response = json(StatusCode::OK, &Unwritable);
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(&response.body()[..], b"the answer cannot be written as JSON: no text\n");
    }
}
