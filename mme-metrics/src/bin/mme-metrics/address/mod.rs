//! Addresses as messages name them: scheme, host and port.

use std::path::Path;

/// The schemes that a command can use.
const SCHEMES: [&str; 2] = ["http://", "https://"];

/// What begins a query or a fragment. One that was written into a path is escaped.
const QUERIES: [&str; 5] = ["?", "#", "%3F", "%3f", "%23"];

/// Returns the scheme, the host and the port of a URL, because error messages may end up in mails from cron. A path may be a secret
/// too, such as that of a webhook. What may belong to a password is removed; `…` stands where that is a part of the host.
pub(crate) fn without_secrets(url: &str) -> String {
    let (scheme, rest) = url.split_at(scheme(url));
    format!("{scheme}{}", public(rest))
}

/// Leaves scheme, host and port of every URL in a text of another program, and removes what would control a terminal.
pub(crate) fn clean(text: &str) -> String {
    let mut clean = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let begin = at + "://".len();
        let before = rest[..at].trim_end_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        let quote = before.chars().next_back().filter(|c| matches!(c, '"' | '\'' | '`'));
        let end = begin + length(&rest[begin..], quote);
        clean.push_str(&rest[..begin]);
        clean.push_str(&public(&rest[begin..end]));
        rest = &rest[end..];
    }
    clean.push_str(rest);
    clean.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Removes the secrets of those `arguments` of the command that a message repeats.
pub(crate) fn without_secrets_of(arguments: impl Iterator<Item = String>, message: &str) -> String {
    arguments.fold(message.to_owned(), |message, argument| {
        let value =
            argument.split_once('=').filter(|_| argument.starts_with('-')).map_or(&*argument, |(_, value)| value);
        if is_meant_as_address(value) { message.replace(value, &without_secrets(value)) } else { message }
    })
}

/// Returns whether an argument is a URL, and not a file.
pub(crate) fn is_url(text: &str) -> bool {
    scheme(text) > 0
}

/// Returns whether the port of a URL is a number or missing. Any other is a part of a password that was not escaped, and
/// what stands before it is no host to send requests to.
pub(crate) fn has_valid_port(url: &str) -> bool {
    let authority = url[scheme(url)..].split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    // The colons of an IPv6 address stand in brackets.
    let port = host.rsplit(']').next().and_then(|rest| rest.rsplit_once(':')).map_or("", |(_, port)| port);
    port.chars().all(|c| c.is_ascii_digit())
}

/// Returns whether a text is an address, also one of a scheme that no command can use, or of none.
pub(crate) fn is_meant_as_address(text: &str) -> bool {
    let has_user = text.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    is_url(text) || (text.contains("://") || has_user) && !Path::new(text).exists()
}

/// Returns the length of the scheme of a URL, or 0 if it has none.
fn scheme(url: &str) -> usize {
    let is_at_start = |scheme: &&&str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    SCHEMES.iter().find(is_at_start).map_or(0, |scheme| scheme.len())
}

/// Returns what is no secret of a URL without its scheme.
///
/// A password may have a `/`, `?`, `#` or `@` that should have been escaped. Then it ends at the last `@` at the latest.
fn public(url: &str) -> String {
    let Some((user, host)) = url.rsplit_once('@') else {
        let (scheme, host) = url.split_at(url.find("://").map_or(0, |at| at + "://".len()));
        return if is_host(scheme.trim_end_matches('/')) {
            format!("{scheme}{}", authority(host))
        } else {
            "…".to_owned()
        };
    };
    let has_path = user.contains('/');
    if user.contains(['?', '#']) || has_path && before_query(user) != user {
        // The `@` may also be part of a query, and what follows it too.
        return "…".to_owned();
    }
    format!("{}{}", if has_path { "…" } else { "" }, authority(host))
}

/// Returns the host and the port at the start of a text: what only they have.
fn authority(text: &str) -> &str {
    // An IPv6 address may name an interface: `[fe80::1%25eth0]`.
    let interface = |end: &usize| is_host(&text[1..*end].replace('%', ""));
    let bracket = text.strip_prefix('[').and_then(|_| text.find(']')).filter(interface).map_or(0, |end| end + 1);
    // What was named before is not cut further.
    let from = if text.starts_with('…') { '…'.len_utf8() } else { bracket };
    let end = text[from..].find(|letter: char| !is_of_host(letter));
    &text[..end.map_or(text.len(), |end| from + end)]
}

fn is_host(text: &str) -> bool {
    text.chars().all(is_of_host)
}

fn is_of_host(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_' | ':')
}

fn before_query(url: &str) -> &str {
    let end = QUERIES.iter().filter_map(|mark| url.find(mark)).min();
    &url[..end.unwrap_or(url.len())]
}

/// Returns the length of a URL without its scheme at the start of a text. After a quotation mark it ends no earlier than
/// at the next one.
fn length(text: &str, quote: Option<char>) -> usize {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let mut quotes = quote.map(|quote| text.match_indices(quote)).into_iter().flatten();
    let closed = quotes.find(|(at, _)| !text[..*at].ends_with('\\')).map_or(0, |(at, _)| at);
    // What ends a quotation or a sentence is no part of the address.
    text[..end.max(closed)].trim_end_matches(['"', '\'', '`', '<', '>', '(', ')', ',', ';', ':', '.']).len()
}

#[cfg(test)]
mod tests;
