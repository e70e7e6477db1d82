use super::*;

/// A listing of files by name and size; a name with a slash at its end is a directory.
fn listing(entries: &[(&str, u64)]) -> Arc<Listing> {
    let line = |(name, size): &(&str, u64)| match name.strip_suffix('/') {
        Some(_) => format!("d {name}"),
        None => format!("f {name} {size}"),
    };
    let lines: Vec<String> = entries.iter().map(line).collect();
    crate::listing::testing::listing(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Names and sizes.
type Layer<'a> = &'a [(&'a str, u64)];

fn listings(layers: &[Layer<'_>]) -> Vec<Arc<Listing>> {
    layers.iter().map(|layer| listing(layer)).collect()
}

fn figures(layers: &[Layer<'_>]) -> DiveFigures {
    dive_figures(&listings(layers))
}

fn references(layers: &[Layer<'_>]) -> Vec<DiveReference> {
    dive_details(&listings(layers)).1
}

const MIB: u64 = 1 << 20;

#[test]
fn the_wrong_answers_of_dive_are_reproduced() {
    // Layers, wasted bytes, efficiency, user waste: as dive 0.13.1 prints them.
    #[rustfmt::skip]
    let cases: &[(&str, &[Layer<'_>], u64, f64, f64)] = &[
        ("chmod counts both copies", &[&[("base", 100)], &[("big", 10 * MIB)], &[("big", 10 * MIB)]],
            20 * MIB, 10_485_860.0 / 20_971_620.0, 1.0),
        ("more than all", &[&[("a", 1_000_000)], &[("a", 1_000_000)]], 2_000_000, 0.5, 2.0),
        ("opaque is not known", &[&[("base", 100)], &[("d/a", 5), ("d/b", 5)], &[("d/.wh..wh..opq", 0), ("d/c", 10)]],
            0, 1.0, 0.0),
        ("a stray whiteout ends the layer", &[&[("z1", 8), ("base", 1)], &[(".wh.aaa", 0), ("z1", 8)]], 0, 8.0 / 9.0, 0.0),
        ("but only what comes after it", &[&[("-", 8)], &[(".wh.aaa", 0), ("-", 8)]], 16, 7.0 / 16.0, 2.0),
        ("a name that was never charged counts -1", &[&[("a", 1_000_000)], &[(".wh.AAA", 0), ("a", 1_000_000)]],
            0, 0.999_999, 0.0),
        ("a removed directory is free", &[&[("base", 100)], &[("big/", 0), ("big/a", 9), ("big/b", 9)], &[(".wh.big", 0)]],
            0, 1.0, 0.0),
        ("a removed file is not", &[&[("base", 100)], &[("a", 900)], &[(".wh.a", 0)]], 900, 0.1, 1.0),
        ("a file that is removed from nothing", &[&[("a", 1000)], &[(".wh.a", 0)]], 1000, 0.0, f64::INFINITY),
        ("an implied directory is none", &[&[("d/a", 7)], &[(".wh.d", 0)]], 0, 1.0, f64::NAN),
        ("nor one that was implied later", &[&[("d/", 0), ("d/a", 7)], &[("d/b", 1)], &[(".wh.d", 0)]], 0, 1.0, 0.0),
    ];
    for (name, layers, wasted, efficiency, user) in cases {
        let figures = figures(layers);
        assert_eq!(figures.wasted_bytes, *wasted, "{name}: wasted");
        assert_eq!(figures.efficiency.to_bits(), efficiency.to_bits(), "{name}: {} {efficiency}", figures.efficiency);
        assert_eq!(figures.user_wasted.to_string(), user.to_string(), "{name}: user");
    }
}

#[test]
fn one_layer_has_no_user_share() {
    assert!(figures(&[&[("a", 0)]]).user_wasted.is_nan());
    assert_eq!(figures(&[&[]]).efficiency.to_bits(), 1.0_f64.to_bits());
    assert_eq!(figures(&[]).layer_bytes, Vec::<u64>::new());
}

#[test]
fn a_removed_directory_is_charged_with_what_is_below() {
    let references = references(&[
        &[("d/", 0), ("d/a", 10), ("d/e/", 0), ("d/e/f", 5)],
        &[("d/", 0), ("d/a", 20), ("d/e/.wh.f", 0)],
        &[(".wh.d", 0)],
        &[("d", 1)],
    ]);
    let of = |path: &str| references.iter().find(|it| it.path == path.as_bytes()).map(|it| (it.count, it.bytes));
    assert_eq!(of("/d/a"), Some((2, 30)));
    // A file that is whited out is charged with nothing.
    assert_eq!(of("/d/e/f"), Some((2, 5)));
    // The whiteout of the directory weighs its last content, the file at its place itself.
    assert_eq!(of("/d"), Some((2, 21)));
}

#[test]
fn the_bottom_layer_is_applied_twice() {
    // A whiteout in the bottom layer sees that layer itself.
    let itself = references(&[&[("a", 3), (".wh.a", 0)]]);
    assert_eq!(itself, [DiveReference { path: b"/a".to_vec(), count: 2, bytes: 3 }]);
    // Its own whiteout removes what sorts before it, so a second one finds nothing and ends its layer.
    let again = references(&[&[("-", 3), (".wh.-", 0)], &[(".wh.-", 0), ("z", 1)], &[("z", 1)]]);
    assert_eq!(again, [DiveReference { path: b"/-".to_vec(), count: 2, bytes: 3 }]);
}

#[test]
fn names_are_cleaned_as_go_does() {
    let cases = [
        ("./a//b/", "a/b"),
        ("/a/../b", "/b"),
        ("../../x", "../../x"),
        ("/../x", "/x"),
        ("a/..", ""),
        ("a/../../b", "../b"),
    ];
    for (name, expected) in cases {
        assert_eq!(dive_path(name.as_bytes()), expected.as_bytes(), "{name}");
    }
}

#[test]
fn files_are_listed_children_first_by_name() {
    let listing = listing(&[("b/c", 1), ("a", 2), ("b/.wh..wh..opq", 0), ("b/.wh.x", 0), ("a", 3), ("./", 0)]);
    let entry = |index: Option<u32>| listing.entry(index?);
    let files: Vec<_> = dive_files(&listing)
        .into_iter()
        .map(|index| entry(index).map(|entry| (String::from_utf8_lossy(&entry.path()).into_owned(), entry.size)))
        .collect();
    let file = |name: &str, size| Some((name.to_owned(), size));
    assert_eq!(files, [file("a", 3), file("b/.wh.x", 0), file("b/c", 1), None]);
}

#[test]
fn a_deep_path_takes_linear_time() {
    let deep = "d/".repeat(20_000);
    let layers: Vec<_> = (0..20).map(|_| listing(&[(&format!("{deep}f"), 1), (&format!("{deep}.wh.g"), 0)])).collect();
    let figures = dive_figures(&layers);
    assert_eq!(figures.size_bytes, 20);
}
