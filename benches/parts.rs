//! x
fn main() {
    divan::main();
}
/// y
#[divan::bench(args = [1, 2])]
fn one(bencher: divan::Bencher<'_, '_>, n: u32) {
    bencher.bench(|| divan::black_box(n) + 1);
}
