//! Finds the judge that fits a return type, where only the compiler knows it.
//!
//! A method call looks at the receiver as it stands before it takes a reference away, so of four traits with one method the
//! one with the most references that fits is called. Nothing of it is left when the program runs.

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
    ($(#[$doc:meta])* $trait:ident => $judge:ident, ($($generic:ident $(: $bound:path)?),*) $for:ty) => {
        $(#[$doc])*
        pub trait $trait {
            /// Returns the judge. Nobody else's trait has a method of this name.
            #[inline]
            fn mme_metrics_classifier(&self) -> $judge {
                $judge
            }
        }

        impl<$($generic $(: $bound)?),*> $trait for $for {}
    };
}

tag! {
    /// The operation judges this type itself.
    OperationJudges => ByOperation, (O: ClassifyReturn<R>, R) &&&Returns<O, R>
}
tag! {
    /// A `Result` whose error says of which kind it is.
    HasErrorType => ByErrorType, (O, T, E: ErrorType) &&Returns<O, Result<T, E>>
}
tag! {
    /// Any other `Result`.
    IsResult => ByResult, (O, T, E) &Returns<O, Result<T, E>>
}
tag! {
    /// Anything else.
    Anything => AlwaysOk, (O, R) Returns<O, R>
}
