//! The name that a misspelt one most likely stands for.

/// Similarity from which a name is suggested in place of an unknown one: Jaro-Winkler, where 1 means equal.
const ALIKE: f64 = 0.85;

/// Longest text that can be a misspelt name, in bytes.
const LONGEST: usize = 256;

/// Returns the candidate most similar to `word`, if one is similar enough.
pub(crate) fn closest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    // No misspelling is this long, and the comparison takes the product of both lengths.
    if word.len() > LONGEST {
        return None;
    }
    let scored = candidates.map(|candidate| (strsim::jaro_winkler(word, candidate), candidate));
    let (score, candidate) = scored.max_by(|left, right| left.0.total_cmp(&right.0))?;
    (score >= ALIKE).then_some(candidate)
}
