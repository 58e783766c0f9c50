//! The compiler's message for each mistake. Each file of `ui/` makes one mistake.

#[test]
fn each_mistake_is_told_in_one_sentence_where_it_stands() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/*.rs");
    cases.pass("ui/pass/*.rs");
}
