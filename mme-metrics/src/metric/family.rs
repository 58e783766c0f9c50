//! `family!`: one `static` of typed metrics.

use super::Spec;

/// A set of metrics that belong together; made by [`family!`](crate::family).
pub trait Family: Sync {
    /// Returns the name that budgets and `mme_series` use: the name of the static, in lower case.
    fn name(&self) -> &'static str;

    /// Returns the first paragraph of the family's documentation.
    fn help(&self) -> &'static str;

    /// Returns its metrics, in declared order.
    fn specs(&'static self) -> Vec<&'static Spec>;

    /// Reads the figures that are kept elsewhere into its gauges: runs the function after `collect =` in
    /// [`family!`](crate::family), or does nothing if there is none.
    ///
    /// Our recorder calls it right before each exposition. A service with another recorder calls it as often as that is scraped.
    fn collect(&self) {}
}

/// Lower-cases the name of a static at compile time.
#[doc(hidden)]
pub const fn lowercase<const N: usize>(text: &str) -> [u8; N] {
    let mut lower = [0; N];
    let bytes = text.as_bytes();
    let mut index = 0;
    while index < N {
        lower[index] = bytes[index].to_ascii_lowercase();
        index += 1;
    }
    lower
}

/// Turns the bytes of [`lowercase`] back into text at compile time.
///
/// # Panics
///
/// At compile time, when `bytes` is not UTF-8, as after the name of a static that is not ASCII.
#[doc(hidden)]
pub const fn utf8(bytes: &[u8]) -> &str {
    match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("a family has an ASCII name"),
    }
}

/// Declares a family: a struct of typed metrics and its one static. The doc comments are the `HELP` texts.
///
/// See [`metric`](crate::metric) for an example. Pass the static to
/// [`RecorderBuilder::family`](crate::recorder::RecorderBuilder::family), and buckets, descriptions, table, lint and checks cover it.
///
/// Gauges of figures that are kept elsewhere are polled: name the function that sets them after `collect =`. The recorder
/// calls it right before each exposition.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// use mme_metrics::{Format, Gauge, Recorder, Unit, family};
///
/// static WAITING: AtomicUsize = AtomicUsize::new(3);
///
/// family! {
///     /// What the kitchen does.
///     static KITCHEN: KitchenMetrics {
///         /// Orders that wait.
///         waiting: Gauge<()> = Gauge::new("kitchen_waiting_orders", Unit::None);
///     }
///     collect = poll;
/// }
///
/// fn poll() {
///     KITCHEN.waiting.set((), WAITING.load(Ordering::Relaxed) as f64);
/// }
///
/// let recorder = Recorder::builder().family(&KITCHEN).build()?;
/// assert!(recorder.render(Format::Text).contains("kitchen_waiting_orders 3\n"));
/// # Ok::<(), mme_metrics::recorder::BuildError>(())
/// ```
#[macro_export]
macro_rules! family {
    (
        $(#[doc = $help:literal])+
        $vis:vis static $static:ident: $type:ident {
            $(
                $(#[doc = $metric_help:literal])+
                $field:ident: $kind:ty = $metric:expr;
            )+
        }
        $(collect = $collect:path;)?
    ) => {
        $(#[doc = $help])+
        #[derive(Debug)]
        #[non_exhaustive]
        $vis struct $type {
            $(
                $(#[doc = $metric_help])+
                pub $field: $kind,
            )+
        }

        $(#[doc = $help])+
        $vis static $static: $type = {
            const FAMILY: &str = <$type>::FAMILY_NAME;
            $type {
                $($field: $metric.described(FAMILY, ::core::concat!($($metric_help),+)),)+
            }
        };

        impl $type {
            const FAMILY_NAME: &'static str = {
                const NAME: &str = ::core::stringify!($static);
                $crate::private::utf8(&const { $crate::private::lowercase::<{ NAME.len() }>(NAME) })
            };
        }

        impl $crate::metric::Family for $type {
            fn name(&self) -> &'static str {
                Self::FAMILY_NAME
            }

            fn help(&self) -> &'static str {
                ::core::concat!($($help),+).trim_ascii()
            }

            fn specs(&'static self) -> $crate::private::Vec<&'static $crate::metric::Spec> {
                $crate::private::vec![$(self.$field.spec()),+]
            }
            $(
                fn collect(&self) {
                    $collect();
                }
            )?
        }
    };
    ($vis:vis static $static:ident: $type:ident { $($metrics:tt)* } $($collect:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "the family `", ::core::stringify!($static), "` has no help text: write a doc comment above `static`",
        ));
    };
    (
        $(#[doc = $help:literal])+
        $vis:vis static $static:ident: $type:ident {
            $(
                $(#[doc = $metric_help:literal])*
                $field:ident: $kind:ty = $metric:expr;
            )+
        }
        $($collect:tt)*
    ) => {
        ::core::compile_error!(::core::concat!(
            "a metric of the family `", ::core::stringify!($static), "` has no help text: write a doc comment above each",
        ));
    };
}

#[doc(inline)]
pub use family;
