//! The page as one document, and the policy that lets a browser run nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use sha2::{Digest as _, Sha256};

const HTML: &str = include_str!("web/page.html");
const CSS: &str = include_str!("web/page.css");
const SCRIPTS: [&str; 5] = [
    include_str!("web/format.js"),
    include_str!("web/element.js"),
    include_str!("web/chart.js"),
    include_str!("web/section.js"),
    include_str!("web/main.js"),
];

/// The page, which is the same for every caller.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) html: Bytes,
    /// The headers that a page needs beside those of every answer.
    pub(super) headers: HeaderMap,
}

impl Document {
    pub(super) fn new() -> Self {
        let script = SCRIPTS.concat();
        let script = format!("\"use strict\";\n(() => {{\n{script}}})();\n");
        let html = HTML.replace("/*STYLE*/", CSS).replace("/*SCRIPT*/", &script);
        let policy = format!(
            "default-src 'none'; script-src {}; style-src {}; connect-src 'self'; img-src data:; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
            hash(&script),
            hash(CSS)
        );
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (header::X_FRAME_OPTIONS, "DENY"),
            (header::REFERRER_POLICY, "no-referrer"),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        // It has only characters of base64 and those above.
        if let Ok(policy) = HeaderValue::try_from(policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        Self { html: html.into(), headers }
    }
}

/// Returns the source expression that allows an element with this text.
fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_what_stands_in_the_page_and_nothing_else() {
        let document = Document::new();
        let html = std::str::from_utf8(&document.html).unwrap();
        let policy = document.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        for element in ["style", "script"] {
            let (_, rest) = html.split_once(&format!("<{element}>")).unwrap();
            let (text, rest) = rest.split_once(&format!("</{element}>")).unwrap();
            assert!(policy.contains(&hash(text)), "{element}");
            assert!(!rest.contains(&format!("<{element}")), "{element}");
        }
        for hole in ["unsafe", "*", "http:", "https:", "'self';  script"] {
            assert!(!policy.contains(hole), "{policy}");
        }
        assert!(!html.contains("://") || html.matches("://").count() == html.matches("http://www.w3.org/").count());
    }

    #[test]
    fn the_script_makes_no_markup_from_text() {
        let script = SCRIPTS.concat();
        for way in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "setTimeout(\""]
        {
            assert!(!script.contains(way), "{way}");
        }
    }
}
