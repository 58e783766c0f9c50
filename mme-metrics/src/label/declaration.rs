//! `labels!`: one declaration for every kind of label.

/// Declares labels: the type of the value, its key and its cardinality.
///
/// | kind | a value is | made by |
/// |---|---|---|
/// | `closed` | a variant of an enum | naming the variant |
/// | `registered` | a text that the service registers at set-up; the fallback replaces any other | `register`, `find` |
/// | `admitted` | a text of the program, which its first use registers | `admit`, `register`, `find` |
/// | `word` | a short word of the program, capped; `_other` replaces any other text | `new`, a constant |
/// | `capped` | any text; past the budget `_overflow` replaces it | `new` |
///
/// ```
/// use mme_metrics::labels;
///
/// labels! {
///     /// How a dish tastes.
///     pub closed Flavour: "flavour" {
///         /// Like sugar.
///         Sweet = "sweet",
///         /// Like salt.
///         Salty = "salty",
///     }
///
///     /// The tenant a request belongs to.
///     pub registered Tenant: "tenant", budget = 100, fallback = "_unknown";
///
///     /// The station that a dish comes from.
///     pub admitted Station: "station", budget = 20, fallback = "_other";
///
///     /// Why a dish went back.
///     pub word Complaint: "complaint", budget = 20 {
///         /// It was cold.
///         COLD = "cold",
///     }
///
///     /// The client, as its own header names it.
///     pub capped Client: "client", budget = 20;
/// }
///
/// Tenant::register("acme")?;
/// assert_eq!(Tenant::find("acme").as_str(), "acme");
/// assert_eq!(Tenant::find("evil").as_str(), "_unknown");
/// assert_eq!(Station::admit("grill").as_str(), "grill");
/// assert_eq!(Complaint::new("alice@example.com").as_str(), "_other");
/// assert_eq!(Flavour::ALL.map(Flavour::as_str), ["sweet", "salty"]);
/// # Ok::<(), mme_metrics::label::RegisterError>(())
/// ```
///
/// A registered or admitted label has two options, in this order:
///
/// * `limit = …`: at most this many combinations with the other labels of a metric occur, because each value stands in one place of
///   the program. The lint then does not multiply the cardinalities.
/// * `none = ""`: this text means that the label is absent. The type gets the constant `NONE`.
#[macro_export]
macro_rules! labels {
    () => {};
    (
        $(#[$meta:meta])*
        $vis:vis closed $name:ident: $key:literal { $($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)? }
        $($rest:tt)*
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $vis enum $name { $($(#[$doc])* $variant,)+ }

        // Not every label uses all of these functions, here and below.
        #[allow(dead_code)]
        impl $name {
            const TEXTS: &'static [&'static str] = &[$($text),+];

            /// Every value, in declared order.
            pub const ALL: [Self; Self::TEXTS.len()] = [$(Self::$variant),+];

            /// Returns the exported text.
            pub const fn as_str(self) -> &'static str {
                Self::TEXTS[self as usize]
            }
        }

        $crate::labels! { @value $name: $key, Closed(Self::TEXTS), |self| $crate::metrics::SharedString::const_str(self.as_str());
            fn ordinal(&self) -> ::core::option::Option<usize> {
                ::core::option::Option::Some(*self as usize)
            }
        }

        $crate::labels! { $($rest)* }
    };
    (
        $(#[$meta:meta])*
        $vis:vis registered $name:ident: $key:literal, budget = $budget:expr, fallback = $fallback:literal
            $(, limit = $limit:expr)? $(, none = $none:literal)?;
        $($rest:tt)*
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $vis struct $name($crate::label::RegisteredValue);

        #[allow(dead_code)]
        impl $name {
            /// Replaces every value that is not registered.
            pub const FALLBACK: Self = Self($crate::label::RegisteredValue::literal($fallback));

            $(
                /// No value: the label is absent.
                pub const NONE: Self = Self($crate::label::RegisteredValue::literal($none));
            )?

            fn registry() -> &'static $crate::label::Registry {
                static REGISTRY: $crate::label::Registry =
                    $crate::label::Registry::new($key, $budget, $fallback).declared_in(::core::module_path!());
                &REGISTRY
            }

            /// Registers `value` for the life of the process; do this at set-up.
            ///
            /// # Errors
            ///
            /// When the budget is spent or the value cannot be exported.
            pub fn register(value: &str) -> ::core::result::Result<Self, $crate::label::RegisterError> {
                ::core::result::Result::map(Self::registry().register(value), Self)
            }

            /// Returns `value` if it was registered, else [`Self::FALLBACK`].
            pub fn find(value: &str) -> Self {
                Self(Self::registry().find(value))
            }

            /// Returns the exported text.
            pub const fn as_str(&self) -> &'static str {
                self.0.as_str()
            }
        }

        $crate::labels! { @registered $name: $key, $budget, $fallback $(, $limit)? }

        $crate::labels! { $($rest)* }
    };
    (
        $(#[$meta:meta])*
        $vis:vis admitted $name:ident: $key:literal, budget = $budget:expr, fallback = $fallback:literal
            $(, limit = $limit:expr)? $(, none = $none:literal)?;
        $($rest:tt)*
    ) => {
        $crate::labels! {
            $(#[$meta])*
            $vis registered $name: $key, budget = $budget, fallback = $fallback $(, limit = $limit)? $(, none = $none)?;
        }

        #[allow(dead_code)]
        impl $name {
            /// Returns `value`, and registers it at its first use. [`Self::FALLBACK`] replaces a value that cannot be exported or is
            /// past the budget.
            pub fn admit(value: &str) -> Self {
                $(if value == $none {
                    return Self::NONE;
                })?
                Self(Self::registry().admit(value))
            }
        }

        $crate::labels! { $($rest)* }
    };
    (
        $(#[$meta:meta])*
        $vis:vis word $name:ident: $key:literal, budget = $budget:literal
            { $($(#[$doc:meta])* $known:ident = $text:literal),* $(,)? }
        $($rest:tt)*
    ) => {
        $(#[$meta])*
        ///
        /// A value is a word of the program: up to 40 bytes of `a` to `z`, `0` to `9` and `_`, beginning with a letter, without
        /// nine digits in a row. `_other` replaces any other text.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $vis struct $name(&'static str);

        #[allow(dead_code)]
        impl $name {
            $($(#[$doc])* pub const $known: Self = Self::new($text);)*

            /// Makes a value from a word of the program.
            pub const fn new(word: &'static str) -> Self {
                Self($crate::label::word(word))
            }

            /// Returns the exported text.
            pub const fn as_str(self) -> &'static str {
                self.0
            }
        }

        $crate::labels! { @value $name: $key, Capped { budget: $budget }, |self| $crate::metrics::SharedString::const_str(self.0); }

        $crate::labels! { $($rest)* }
    };
    (
        $(#[$meta:meta])*
        $vis:vis capped $name:ident: $key:literal, budget = $budget:expr;
        $($rest:tt)*
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        $vis struct $name($crate::metrics::SharedString);

        impl $name {
            /// Makes a value from any text; the recorder caps how many become series.
            pub fn new(value: impl ::core::convert::Into<$crate::metrics::SharedString>) -> Self {
                Self(::core::convert::Into::into(value))
            }
        }

        $crate::labels! { @value $name: $key, Capped { budget: $budget }, |self| ::core::clone::Clone::clone(&self.0); }

        $crate::labels! { $($rest)* }
    };
    (@registered $name:ident: $key:literal, $budget:expr, $fallback:literal) => {
        $crate::labels! {
            @value $name: $key, Registered { budget: $budget, fallback: $fallback },
            |self| $crate::metrics::SharedString::const_str(self.0.as_str());
        }
    };
    (@registered $name:ident: $key:literal, $budget:expr, $fallback:literal, $limit:expr) => {
        $crate::labels! { @value $name: $key, Bounded($limit), |self| $crate::metrics::SharedString::const_str(self.0.as_str()); }
    };
    // What every kind has: its key, its cardinality and its text.
    (@value $name:ident: $key:literal, $kind:ident $cardinality:tt, |$this:ident| $text:expr; $($more:tt)*) => {
        impl $crate::private::DeclaredKey for $name {
            type IsFree = $crate::private::Flag<{ $crate::private::is_free($key) }>;
        }

        impl $crate::label::LabelValue for $name {
            const KEY: &'static str = $key;
            const CARDINALITY: $crate::label::Cardinality = $crate::label::Cardinality::$kind $cardinality;

            fn label_value(&$this) -> $crate::metrics::SharedString {
                $text
            }

            $($more)*
        }
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "a label is declared as `closed Name: \"key\" { Variant = \"text\" }`, `registered Name: \"key\", budget = 100, fallback = \"_other\";`, `admitted` in the same way, `word Name: \"key\", budget = 20 {}` or `capped Name: \"key\", budget = 20;`"
        );
    };
}

#[doc(inline)]
pub use labels;
