//! Addresses as messages name them: without credentials.

/// Removes the user, the password and the query from a URL, because error messages may end up in mails from cron.
pub(crate) fn without_secrets(url: &str) -> String {
    // A query that was written into a path has an escaped question mark.
    let end = ["?", "#", "%3F", "%3f"].iter().filter_map(|mark| url.find(mark)).min();
    let url = &url[..end.unwrap_or(url.len())];
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.find('/').unwrap_or(rest.len());
            let begin = rest[..host].rfind('@').map_or(0, |at| at + 1);
            format!("{scheme}://{}", &rest[begin..])
        }
        None => url.rsplit_once('@').map_or(url, |(_, host)| host).to_owned(),
    }
}

/// Removes the secrets of every URL in a text of another program, and what would control a terminal.
pub(crate) fn clean(text: &str) -> String {
    let mut clean = String::new();
    let mut rest = text;
    while let Some(at) = ["http://", "https://"].iter().filter_map(|scheme| rest.find(scheme)).min() {
        let end = rest[at..].find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>'));
        let end = end.map_or(rest.len(), |length| at + length);
        clean.push_str(&rest[..at]);
        clean.push_str(&without_secrets(&rest[at..end]));
        rest = &rest[end..];
    }
    clean.push_str(rest);
    clean.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Returns whether an argument is a URL, and not a file.
pub(crate) fn is_url(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_named_without_its_secrets() {
        for (url, named) in [
            ("http://me:secret@host:9090/a@b", "http://host:9090/a@b"),
            ("http://host/", "http://host/"),
            ("https://a@b@host", "https://host"),
            ("http://host/metrics?token=secret#x", "http://host/metrics"),
            ("http://host?@token", "http://host"),
            ("http://host/metrics%3Ftoken=secret", "http://host/metrics"),
            ("me:secret@host", "host"),
            ("host:9090", "host:9090"),
        ] {
            assert_eq!(without_secrets(url), named);
        }
    }

    #[test]
    fn a_text_is_cleaned_of_secrets_and_control_characters() {
        let text = "Get \"http://me:secret@host/metrics?token=secret\": dial\u{1b}[31m\nhttps://a:b@c";
        assert_eq!(clean(text), "Get \"http://host/metrics\": dial [31m https://c");
        assert_eq!(clean(""), "");
    }
}
