//! How the body of an answer is encoded: compressed if the feature `gzip` is on, else as it is.

#[cfg(feature = "gzip")]
mod gzip;
#[cfg(not(feature = "gzip"))]
mod identity;

#[cfg(feature = "gzip")]
pub(super) use self::gzip::{CAN_GZIP, EncodedBody, EncodedFuture, VARY, encode};
#[cfg(not(feature = "gzip"))]
pub(super) use self::identity::{CAN_GZIP, EncodedBody, EncodedFuture, VARY, encode};
