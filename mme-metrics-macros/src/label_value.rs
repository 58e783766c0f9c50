//! `#[derive(LabelValue)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Error, Fields, LitStr, Path, Result, Variant};

/// Longest label value that is exported, in bytes.
const MAX_VALUE_BYTES: usize = 128;

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        let message =
            "only an enum is a closed label: declare an open value with `open_label!`, which asks for its budget";
        return Err(Error::new_spanned(&input.ident, message));
    };
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &input.generics,
            "a label has no parameters: its values are all known beforehand",
        ));
    }
    if data.variants.is_empty() {
        return Err(Error::new_spanned(&input.ident, "a label without values cannot be told: add a variant"));
    }
    let Arguments { key, krate } = arguments(input)?;
    let values = data.variants.iter().map(value).collect::<Result<Vec<_>>>()?;
    for (at, value) in values.iter().enumerate() {
        if values[..at].iter().any(|earlier| earlier.value() == value.value()) {
            let message =
                format!("two variants read `{}`: give one another text with `#[label(\"…\")]`", value.value());
            return Err(Error::new_spanned(&data.variants[at], message));
        }
    }
    let name = &input.ident;
    let private = quote!(#krate::private);
    let variants = data.variants.iter().map(|variant| &variant.ident);
    let (positions, indexes) = (data.variants.iter().map(|variant| &variant.ident), 0..data.variants.len());
    Ok(quote! {
        #[automatically_derived]
        impl #private::LabelValue for #name {
            const KEY: &'static str = #key;
            const VALUES: #private::Values = #private::Values::Closed(&[#(#values),*]);

            fn label_value(&self) -> #private::SharedString {
                #private::SharedString::const_str(match self {
                    #(Self::#variants => #values,)*
                })
            }

            fn ordinal(&self) -> ::core::option::Option<usize> {
                ::core::option::Option::Some(match self {
                    #(Self::#positions => #indexes,)*
                })
            }
        }
    })
}

/// What `#[label(…)]` of the enum says.
struct Arguments {
    key: LitStr,
    /// Where this library is found, for a crate that has it under another name.
    krate: Path,
}

fn arguments(input: &DeriveInput) -> Result<Arguments> {
    let (mut key, mut krate) = (None, None);
    for attribute in label_attributes(&input.attrs) {
        attribute.parse_nested_meta(|meta| {
            let again = if meta.path.is_ident("key") {
                key.replace(meta.value()?.parse::<LitStr>()?).is_some()
            } else if meta.path.is_ident("crate") {
                krate.replace(meta.value()?.call(Path::parse_mod_style)?).is_some()
            } else {
                return Err(meta
                    .error("`#[label]` on an enum takes `key = \"…\"`, and `crate = path` for a renamed dependency"));
            };
            if again { Err(meta.error("this is given twice: leave one")) } else { Ok(()) }
        })?;
    }
    let missing = "the label's key is missing: add `#[label(key = \"…\")]`";
    Ok(Arguments {
        key: key.ok_or_else(|| Error::new_spanned(&input.ident, missing))?,
        krate: krate.unwrap_or_else(|| syn::parse_quote!(::mme_metrics)),
    })
}

/// Returns what a variant reads as.
fn value(variant: &Variant) -> Result<LitStr> {
    if !matches!(variant.fields, Fields::Unit) {
        let message = "a variant with fields has no end of values: leave the fields out, or declare an open value with `open_label!`";
        return Err(Error::new_spanned(variant, message));
    }
    let mut given = label_attributes(&variant.attrs);
    let text = match given.next() {
        Some(attribute) => attribute.parse_args::<LitStr>()?,
        None => LitStr::new(&snake_case(&variant.ident.to_string()), variant.ident.span()),
    };
    if let Some(again) = given.next() {
        return Err(Error::new_spanned(again, "this variant's text is given twice: leave one"));
    }
    if text.value().len() > MAX_VALUE_BYTES || text.value().chars().any(char::is_control) {
        return Err(Error::new_spanned(text, "a label value has at most 128 bytes and no control characters"));
    }
    Ok(text)
}

fn label_attributes(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("label"))
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (at, character) in name.trim_start_matches("r#").chars().enumerate() {
        if character.is_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}
