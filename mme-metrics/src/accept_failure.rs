//! What a listener does after it could not accept a connection.

use std::io;
use std::time::Duration;

/// Time until the next try. File descriptors that have run out come back only when connections end.
const BACK_OFF: Duration = Duration::from_millis(250);

/// Returns how long a listener waits after `error`: not at all if it concerns only the connection that was being accepted.
pub(crate) fn pause_after(error: &io::Error) -> Option<Duration> {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    let is_of_one_connection =
        matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted);
    (!is_of_one_connection).then_some(BACK_OFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_error_of_the_listener_makes_it_wait() {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
        for kind in [ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted] {
            assert_eq!(pause_after(&kind.into()), None, "{kind}");
        }
        assert_eq!(pause_after(&io::Error::other("no file descriptors")), Some(BACK_OFF));
    }
}
