//! Closed labels of this crate. Written out by a macro of its own, because the derive is behind a feature and families are not.

/// Declares a closed label with the text of each value.
macro_rules! closed_label {
    (
        $(#[$meta:meta])*
        $name:ident: $key:literal { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            const TEXTS: &'static [&'static str] = &[$($text),+];

            /// Every value, by its number.
            pub const ALL: [Self; Self::TEXTS.len()] = [$(Self::$variant),+];

            /// Returns the exported text.
            pub const fn as_str(self) -> &'static str {
                Self::TEXTS[self as usize]
            }
        }

        impl $crate::label::LabelValue for $name {
            const KEY: &'static str = $key;
            const CARDINALITY: $crate::label::Cardinality = $crate::label::Cardinality::Closed(Self::TEXTS);

            fn label_value(&self) -> $crate::metrics::SharedString {
                $crate::metrics::SharedString::const_str(self.as_str())
            }

            fn ordinal(&self) -> Option<usize> {
                Some(*self as usize)
            }
        }
    };
}

pub(crate) use closed_label;
