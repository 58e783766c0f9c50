//! Refuses a label of the user whose key the function family uses itself, also in `cargo check`.
//!
//! `CallSite::call_with` asserts the same, but the compiler evaluates that only when it generates code. The derive declares for each
//! type whether its key is free, and the attribute reads the declaration by a method call, as in [`probe`](super::probe): a type that
//! implements [`LabelValue`](crate::LabelValue) by hand has no declaration.

use std::fmt;
use std::marker::PhantomData;

/// A boolean as a type.
#[derive(Debug)]
pub struct Flag<const IS: bool>;

/// A label whose declaration says whether its key is free.
pub trait DeclaredKey {
    /// A [`Flag`].
    type IsFree;
}

impl<V: DeclaredKey + ?Sized> DeclaredKey for &V {
    type IsFree = V::IsFree;
}

/// The flag of a free key, which the attribute demands.
#[diagnostic::on_unimplemented(
    message = "the keys `function`, `module`, `result` and `error_type` are taken by the function's own labels",
    label = "this label has one of these keys",
    note = "give the label another key, in `#[label(key = \"…\")]`"
)]
pub trait Free {}

impl Free for Flag<true> {}

/// Stands for the key of the label type `V`.
pub struct KeyOf<V>(PhantomData<fn(&V)>);

impl<V> fmt::Debug for KeyOf<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyOf")
    }
}

/// A type with a declaration of its key.
pub trait MaybeTakenKey {
    /// A [`Flag`].
    type IsFree;

    /// Returns it; never called.
    ///
    /// # Panics
    ///
    /// Always.
    fn mme_metrics_key(&self) -> Self::IsFree {
        unreachable!("only the type of this call is used")
    }
}

impl<V: DeclaredKey> MaybeTakenKey for &KeyOf<V> {
    type IsFree = V::IsFree;
}

/// Any other type; `CallSite::call_with` checks its key.
pub trait FreeKey {
    /// Returns a flag; never called.
    fn mme_metrics_key(&self) -> Flag<true> {
        Flag
    }
}

impl<V> FreeKey for KeyOf<V> {}
