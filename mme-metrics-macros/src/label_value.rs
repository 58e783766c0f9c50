//! `#[derive(LabelValue)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::ParseStream;
use syn::{Attribute, Data, DeriveInput, Error, Fields, LitStr, Path, Result, Token, Variant};

use crate::{diagnostics, krate};

/// Longest label value that is exported, in bytes.
const MAX_VALUE_BYTES: usize = 128;

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, diagnostics::NOT_AN_ENUM));
    };
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(&input.generics, diagnostics::GENERIC_LABEL));
    }
    if data.variants.is_empty() {
        return Err(Error::new_spanned(&input.ident, diagnostics::NO_VARIANTS));
    }
    let Arguments { key, krate } = arguments(input)?;
    let values = data.variants.iter().map(value).collect::<Result<Vec<_>>>()?;
    for (at, value) in values.iter().enumerate() {
        if values[..at].iter().any(|earlier| earlier.value() == value.value()) {
            return Err(Error::new_spanned(&data.variants[at], diagnostics::same_value(&value.value())));
        }
    }
    let name = &input.ident;
    let variants = data.variants.iter().map(|variant| &variant.ident);
    let (positions, indexes) = (data.variants.iter().map(|variant| &variant.ident), 0..data.variants.len());
    Ok(quote! {
        #[automatically_derived]
        impl #krate::LabelValue for #name {
            const KEY: &'static str = #key;
            const CARDINALITY: #krate::Cardinality = #krate::Cardinality::Closed(&[#(#values),*]);

            fn label_value(&self) -> #krate::metrics::SharedString {
                #krate::metrics::SharedString::const_str(match self {
                    #(Self::#variants => #values,)*
                })
            }

            fn ordinal(&self) -> #krate::private::Option<usize> {
                #krate::private::Option::Some(match self {
                    #(Self::#positions => #indexes,)*
                })
            }
        }

        #[automatically_derived]
        impl #krate::private::DeclaredKey for #name {
            type IsFree = #krate::private::Flag<{ #krate::private::is_free(#key) }>;
        }
    })
}

/// What `#[label(…)]` says of the enum.
struct Arguments {
    key: LitStr,
    krate: Path,
}

fn arguments(input: &DeriveInput) -> Result<Arguments> {
    let (mut key, mut path) = (None, None);
    for attribute in label_attributes(&input.attrs) {
        attribute.parse_args_with(|input: ParseStream<'_>| {
            while !input.is_empty() {
                let name = krate::argument(input)?;
                let twice = match name.to_string().as_str() {
                    "key" => {
                        input.parse::<Token![=]>()?;
                        key.replace(input.parse::<LitStr>()?).is_some()
                    }
                    "crate" => {
                        input.parse::<Token![=]>()?;
                        path.replace(krate::parse(input)?).is_some()
                    }
                    _ => return Err(Error::new(name.span(), diagnostics::LABEL_ARGUMENTS)),
                };
                if twice {
                    return Err(Error::new(name.span(), diagnostics::TWICE));
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        })?;
    }
    let key = key.ok_or_else(|| Error::new_spanned(&input.ident, diagnostics::KEY_MISSING))?;
    Ok(Arguments { key, krate: path.unwrap_or_else(krate::default) })
}

/// Returns what a variant reads as.
fn value(variant: &Variant) -> Result<LitStr> {
    if !matches!(variant.fields, Fields::Unit) {
        return Err(Error::new_spanned(variant, diagnostics::VARIANT_FIELDS));
    }
    let mut text = LitStr::new(&snake_case(&variant.ident.to_string()), variant.ident.span());
    for attribute in label_attributes(&variant.attrs) {
        text = attribute
            .parse_args::<LitStr>()
            .map_err(|_| Error::new_spanned(&attribute.meta, diagnostics::VARIANT_ARGUMENTS))?;
    }
    if text.value().len() > MAX_VALUE_BYTES || text.value().chars().any(char::is_control) {
        return Err(Error::new_spanned(text, diagnostics::VALUE_TEXT));
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
