//! The arguments of `#[instrument_metrics]`.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Error, Expr, Ident, LitStr, Path, Result, Token, parenthesized};

use crate::{diagnostics, krate};

/// Longest name that is exported, in bytes.
const MAX_NAME_BYTES: usize = 128;

#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Option<LitStr>,
    pub(crate) labels: Option<(Ident, Vec<Expr>)>,
    pub(crate) record: Option<(Ident, Expr)>,
    /// Each is recorded beside the others.
    pub(crate) objectives: Vec<(Ident, Expr)>,
    pub(crate) concurrent: Option<Ident>,
    pub(crate) skip: Option<Ident>,
    pub(crate) krate: Option<Path>,
}

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut args = Self::default();
        while !input.is_empty() {
            args.argument(input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        args.check()?;
        Ok(args)
    }
}

impl Args {
    fn argument(&mut self, input: ParseStream<'_>) -> Result<()> {
        let key = krate::argument(input)?;
        let twice = match key.to_string().as_str() {
            "name" => {
                input.parse::<Token![=]>()?;
                self.name.replace(name(input)?).is_some()
            }
            "labels" => self.labels.replace((key.clone(), labels(input)?)).is_some(),
            "record" => {
                input.parse::<Token![=]>()?;
                self.record.replace((key.clone(), input.parse()?)).is_some()
            }
            "objective" => {
                input.parse::<Token![=]>()?;
                self.objectives.push((key.clone(), input.parse()?));
                false
            }
            "concurrent" => self.concurrent.replace(key.clone()).is_some(),
            "skip" => self.skip.replace(key.clone()).is_some(),
            "crate" => {
                input.parse::<Token![=]>()?;
                self.krate.replace(krate::parse(input)?).is_some()
            }
            _ => return Err(Error::new(key.span(), diagnostics::ARGUMENTS)),
        };
        if twice { Err(Error::new(key.span(), diagnostics::TWICE)) } else { Ok(()) }
    }

    /// Refuses arguments that do not go together.
    fn check(&self) -> Result<()> {
        let first = [
            self.name.as_ref().map(LitStr::span),
            self.labels.as_ref().map(|(key, _)| key.span()),
            self.concurrent.as_ref().map(Ident::span),
        ];
        let first = first.into_iter().flatten().next();
        if let (Some(_), Some(span)) = (&self.record, first) {
            return Err(Error::new(span, diagnostics::RECORD_ALONE));
        }
        let others = self.record.iter().chain(&self.objectives).next();
        if let (Some(_), Some(span)) = (&self.skip, first.or(others.map(|(key, _)| key.span()))) {
            return Err(Error::new(span, diagnostics::SKIP_ALONE));
        }
        Ok(())
    }
}

fn name(input: ParseStream<'_>) -> Result<LitStr> {
    let name: LitStr = input.parse()?;
    let text = name.value();
    if text.is_empty() || text.len() > MAX_NAME_BYTES || text.starts_with('_') || text.chars().any(char::is_control) {
        return Err(Error::new(name.span(), diagnostics::NAME_TEXT));
    }
    Ok(name)
}

fn labels(input: ParseStream<'_>) -> Result<Vec<Expr>> {
    let content;
    let parentheses = parenthesized!(content in input);
    let labels = Punctuated::<Expr, Token![,]>::parse_terminated(&content)?;
    if labels.is_empty() {
        return Err(Error::new(parentheses.span.join().span(), diagnostics::NO_LABELS));
    }
    Ok(labels.into_iter().collect())
}
