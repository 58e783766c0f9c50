//! This library's layer, under its own recorder.

use mme_metrics::http::{HTTP, HttpLayer};

use super::{OURS, app};
use crate::contest::Contestant;
use crate::peer::counted;

pub(super) fn contestant() -> Contestant {
    let count = counted(HTTP.server_duration.spec().name);
    super::contestant(OURS, app().layer(HttpLayer::new()), count)
}
