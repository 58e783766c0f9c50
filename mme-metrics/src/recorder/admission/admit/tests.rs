//! Names and labels, as the recorder changes them.

use super::*;

fn shown(raw: &str) -> String {
    let mut out = String::new();
    value(&mut out, raw);
    out
}

fn text(own: &[(&'static str, &'static str)], global: &[(&'static str, &'static str)]) -> String {
    let labels = |pairs: &[(&'static str, &'static str)]| -> Vec<Label> { pairs.iter().map(Label::from).collect() };
    LabelText::default().format(&labels(own), &labels(global), |_| None).to_owned()
}

#[test]
fn a_value_is_cut_between_characters_and_keeps_a_hash_of_the_whole() {
    for lead in 108..116 {
        let raw = "a".repeat(lead) + &"\u{1f980}".repeat(20);
        let cut = shown(&raw);
        assert!(cut.len() <= MAX_VALUE_BYTES + 2 && cut.contains('~'), "{cut}");
        assert_ne!(cut, shown(&(raw + "x")));
    }
    assert_eq!(shown(&"a".repeat(128)), format!("\"{}\"", "a".repeat(128)));
}

#[test]
fn escapes_do_not_count_and_cannot_be_confused() {
    assert_eq!(shown("a\"b\\c"), r#""a\"b\\c""#);
    assert_ne!(shown("\\n"), shown("\n"));
    assert_eq!(shown("a\nb\u{202e}c"), "\"a\u{fffd}b\u{fffd}c\"");
    assert_eq!(shown(&"\"".repeat(128)).len(), 2 * 128 + 2);
}

#[test]
fn the_hash_is_fnv_1a_of_the_whole() {
    let mut out = String::new();
    push_hash(&mut out, '~', "a");
    assert_eq!(out, "~af63dc4c8601ec8c");
}

#[test]
fn keys_are_made_exportable_and_never_meet() {
    assert_eq!(text(&[("le", "1"), ("__name__", "2")], &[]), r#"exported___name__="2",exported_le="1""#);
    assert_eq!(text(&[("a_b", "1"), ("a.b", "2")], &[]), r#"a_b="2",a_b_2="1""#);
    assert_eq!(text(&[("a", "1"), ("a", "2")], &[]), r#"a="1",a_2="2""#);
    assert_eq!(text(&[("", "1"), ("9", "2")], &[]), r#"_="1",_9="2""#);
}

#[test]
fn a_series_keeps_its_own_value_of_a_global_label() {
    assert_eq!(text(&[("region", "us")], &[("region", "eu")]), r#"region="us""#);
    assert_eq!(text(&[("re.gion", "us"), ("re_gion", "de")], &[]), r#"re_gion="us",re_gion_2="de""#);
    assert_eq!(text(&[("re.gion", "us")], &[("re_gion", "eu")]), r#"re_gion="us""#);
    assert_eq!(text(&[("region", "")], &[("region", "eu")]), r#"region="eu""#);
    assert_eq!(text(&[("zone", "a")], &[("region", "eu")]), r#"zone="a",region="eu""#);
}

#[test]
fn a_long_key_keeps_a_hash_of_the_whole() {
    let (long, longer) = ("k".repeat(300), "k".repeat(301));
    let format = |raw: &str| {
        let mut out = String::new();
        key(&mut out, raw);
        out
    };
    assert_eq!(format(&long).len(), MAX_KEY_BYTES);
    assert_ne!(format(&long), format(&longer));
}

#[test]
fn a_key_that_a_prefix_or_a_number_makes_longer_is_cut_again() {
    let format = |raw: &str| {
        let mut out = String::new();
        key(&mut out, raw);
        out
    };
    for raw in ["9".repeat(64), "_".repeat(64), "__".to_owned() + &"k".repeat(54), "ä".repeat(64), "k".repeat(64)] {
        let once = format(&raw);
        assert!(once.len() <= MAX_KEY_BYTES && !once.starts_with("__"), "{once}");
        assert_eq!(format(&once), once);
        for number in [2, 10, 32] {
            let again = numbered(&once, number);
            assert!(again.len() <= MAX_KEY_BYTES && again.ends_with(&format!("_{number}")), "{again}");
            assert_eq!(format(&again), again);
        }
    }
}

#[test]
fn a_number_makes_no_reserved_key() {
    assert_eq!(text(&[("", "1"), ("_", "2"), (".", "3")], &[]), r#"_="1",exported___2="3",exported___3="2""#);
}

#[test]
fn the_same_labels_have_the_same_text_in_every_spelling() {
    let (spelled, plain) = (text(&[("a.z", "1"), ("aZ", "2")], &[]), text(&[("a_z", "1"), ("aZ", "2")], &[]));
    assert_eq!((&*spelled, &*plain), (r#"aZ="2",a_z="1""#, r#"aZ="2",a_z="1""#));
    let global = [("region", "eu"), ("host", "a")];
    for own in
        [&[("zone", "b")][..], &[("region", "eu"), ("zone", "b")], &[("host", "a"), ("re.gion", ""), ("zone", "b")]]
    {
        assert_eq!(text(own, &global), r#"zone="b",region="eu",host="a""#);
    }
    assert_eq!(text(&[("host", "c"), ("region", "us")], &global), r#"region="us",host="c""#);
}

#[test]
fn a_name_with_its_suffix_is_no_longer_than_any_other() {
    let long = |length: usize| "n".repeat(length);
    for (raw, is_counter, exported) in [
        (long(128), false, Some(long(128))),
        (long(129), false, None),
        ("9".repeat(128), false, None),
        (long(122), true, Some(long(122) + "_total")),
        (long(123), true, None),
        (long(122) + "_total", true, Some(long(122) + "_total")),
        (long(123) + "_total", true, None),
        ("_total".to_owned(), true, Some("_total_total".to_owned())),
        (".total".to_owned(), true, Some("_total_total".to_owned())),
        ("_total".to_owned(), false, Some("_total".to_owned())),
    ] {
        assert_eq!(name(&raw, is_counter), exported);
    }
}

#[test]
fn a_description_that_says_nothing_is_none() {
    assert_eq!(description(" \t\n"), None);
    assert_eq!(description("\u{200b}"), None);
    assert_eq!(description("\u{200b}\na\u{feff}"), Some("a".into()));
    assert_eq!(description(" a\rb\nc "), Some("a b\nc".into()));
    assert_eq!(description(&"ä".repeat(4000)).map(|text| text.len()), Some(MAX_HELP_BYTES));
}

#[test]
fn bounds_read_as_go_writes_them() {
    for (number, text) in [
        (0.0, "0.0"),
        (-0.0, "0.0"),
        (0.005, "0.005"),
        (1.0, "1.0"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (65_536.0, "65536.0"),
        (1e6, "1e+06"),
        (4_194_304.0, "4.194304e+06"),
        (1e100, "1e+100"),
    ] {
        assert_eq!(bound(number), text);
    }
}
