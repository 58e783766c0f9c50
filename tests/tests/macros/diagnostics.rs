//! What the compiler says of each mistake; one mistake stands in each file of `ui/`.

#[test]
fn each_mistake_is_told_in_one_sentence_where_it_stands() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/*.rs");
    cases.pass("ui/pass/*.rs");
}
