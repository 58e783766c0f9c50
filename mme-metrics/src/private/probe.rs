//! Finds the classifier for a return type that only the compiler knows.
//!
//! A method call tries the receiver as it is before it removes a reference. So of four traits with one method, the compiler calls the
//! fitting one with the most references. This costs nothing at run time.

use std::fmt;
use std::marker::PhantomData;

use crate::operation::{AlwaysOk, ByErrorType, ByOperation, ByResult, ClassifyReturn, ErrorType};

/// Stands for code that an operation `O` measures and that returns an `R`.
pub struct Returns<O, R>(PhantomData<fn(&O, &R)>);

impl<O, R> Returns<O, R> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<O, R> fmt::Debug for Returns<O, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Returns")
    }
}

macro_rules! tag {
    ($(#[$doc:meta])* $trait:ident => $classifier:ident, ($($generic:ident $(: $bound:path)?),*) $for:ty) => {
        $(#[$doc])*
        pub trait $trait {
            /// Returns the classifier. No other trait has a method of this name.
            #[inline]
            fn mme_metrics_classifier(&self) -> $classifier {
                $classifier
            }
        }

        impl<$($generic $(: $bound)?),*> $trait for $for {}
    };
}

tag! {
    /// The operation classifies this type itself.
    HasClassifier => ByOperation, (O: ClassifyReturn<R>, R) &&&Returns<O, R>
}
tag! {
    /// A `Result` whose error implements `ErrorType`.
    HasErrorType => ByErrorType, (O, T, E: ErrorType) &&Returns<O, Result<T, E>>
}
tag! {
    /// Any other `Result`.
    IsResult => ByResult, (O, T, E) &Returns<O, Result<T, E>>
}
tag! {
    /// Any other type.
    Anything => AlwaysOk, (O, R) Returns<O, R>
}
