//! Finding paths by some of their letters, over all layers: also those that are gone in the end.

use super::bits::{Bits, WORD, in_parts, ones};
use super::filter::{Filter, Paths, Sight, Word};
use super::{LensView, NodeId, Outline};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use std::sync::Arc;

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The best hits, best first: those whose letters lie closest together and nearest to the beginnings of names, the
    /// shorter path where that is equal.
    pub hits: Vec<NodeId>,
    /// How many there are in all.
    pub total: usize,
}

/// How many more hits than are wanted are looked at closely.
const LIKELY: usize = 2_000;

/// A hit in one number, the lower the better: what its score lacks of the best one, the length of its path, its place.
/// So half a million of them are told apart, kept and thrown away quickly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ranked(u64);

impl Ranked {
    fn new(score: u16, path: &[u8], place: usize) -> Self {
        const LONGEST: u64 = (1 << 16) - 1;
        let lacks = u64::from(u16::MAX - score);
        Self(lacks << 48 | LONGEST.min(path.len() as u64) << 32 | place as u64)
    }

    fn place(self) -> usize {
        usize::try_from(self.0 & u64::from(u32::MAX)).unwrap_or(usize::MAX)
    }
}

/// The best hits of a part of the places.
struct Best {
    most: usize,
    ranked: Vec<Ranked>,
}

impl Best {
    fn push(&mut self, ranked: Ranked) {
        self.ranked.push(ranked);
        if self.ranked.len() >= self.most.saturating_mul(2) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        if self.ranked.len() > self.most {
            self.ranked.select_nth_unstable(self.most);
            self.ranked.truncate(self.most);
        }
    }
}

/// Searches that follow each other: what is found by more letters is among what was found by fewer.
#[derive(Debug, Default)]
pub struct Searcher {
    last: Option<(Arc<LensView>, Filter, Matches)>,
}

/// What has the letters, and how well.
#[derive(Debug)]
struct Matches {
    places: Bits,
    /// By place, if it has the letters.
    scores: Vec<Score>,
}

/// How well a path matches: the higher the better.
#[derive(Debug, Clone, Copy, Default)]
struct Score {
    /// By all words but the last one, which is the one that is being typed.
    done: u16,
    /// By the last one.
    last: u16,
}

impl Score {
    fn sum(self) -> u16 {
        self.done.saturating_add(self.last)
    }
}

impl Matches {
    /// How well all words of a filter but the last one match, if the filter before this one tells.
    fn done(&self, before: &Filter, filter: &Filter) -> Option<Done<'_>> {
        let done = filter.letters().split_last().map_or(&[][..], |(_, done)| done);
        let is_done = |words: &[Word]| words.iter().map(|word| &word.text).eq(done.iter().map(|word| &word.text));
        let begins = is_done(before.letters());
        let goes_on = before.letters().split_last().is_some_and(|(_, done)| is_done(done));
        (begins || goes_on).then_some(Done { scores: &self.scores, begins })
    }
}

/// How well all words but the last one match, as the search before found out.
#[derive(Debug, Clone, Copy)]
struct Done<'a> {
    scores: &'a [Score],
    /// Whether the last word is a new one; else it has more letters now.
    begins: bool,
}

impl Done<'_> {
    fn at(self, place: usize) -> u16 {
        let score = self.scores.get(place).copied().unwrap_or_default();
        if self.begins { score.sum() } else { score.done }
    }
}

impl Searcher {
    /// Finds what [`Filter::fuzzy`] understood among all paths that a layer ever did something to. `view` has to be that
    /// of the whole image. At most `most` hits are handed out; more are only counted.
    pub fn search(&mut self, view: &Arc<LensView>, filter: &Filter, most: usize) -> Found {
        let last = self.last.take();
        let last = last.filter(|(known, before, _)| Arc::ptr_eq(known, view) && filter.is_narrower_than(before));
        let (found, matches) = match last {
            Some((_, before, last)) => filter.rank(view, &last.places, last.done(&before, filter), most),
            None => filter.rank(view, &filter.candidates(view), None, most),
        };
        self.last = Some((Arc::clone(view), filter.clone(), matches));
        found
    }
}

impl Filter {
    /// As [`Searcher::search`], once.
    pub fn search(&self, view: &LensView, most: usize) -> Found {
        self.rank(view, &self.candidates(view), None, most).0
    }

    /// What has lived, and is as all terms but the letters want it.
    fn candidates(&self, view: &LensView) -> Bits {
        let outline = view.outline();
        let tree = outline.tree();
        let mut places = Bits::of(
            in_parts(outline.len(), outline.threads(), |part| {
                // What is there in the end has lived; only the rest is looked up.
                let is_there = |place: &usize| view.marks().get(*place).is_some_and(|mark| mark.change().is_some());
                let has_lived =
                    |place: &usize| is_there(place) || tree.events(outline.node_at(*place)).next().is_some();
                let word = |start: usize| {
                    let end = (start + WORD).min(part.end);
                    (start..end).filter(has_lived).fold(0, |word: u64, place| word | 1 << (place - start))
                };
                part.clone().step_by(WORD).map(word).collect::<Vec<u64>>()
            })
            .concat(),
        );
        places.remove(0);
        self.keep_of(Sight::ever(view), &mut places);
        places
    }

    /// The best of some places, and all that have the letters; `done` is how well all words but the last one match.
    fn rank(&self, view: &LensView, places: &Bits, done: Option<Done<'_>>, most: usize) -> (Found, Matches) {
        let outline = view.outline();
        let estimate = |ranking: &mut Ranking<'_>, place: usize, path: &[u8]| {
            ranking.estimate(path, done.map(|done| done.at(place)))
        };
        // The best of very many are among those that look best at first sight.
        let (likely, matches) = self.best(outline, places, most.saturating_add(LIKELY), estimate);
        let mut closely = Bits::none(outline.len());
        for ranked in likely {
            closely.insert(ranked.place());
        }
        let score = |ranking: &mut Ranking<'_>, _: usize, path: &[u8]| ranking.score(path);
        let (mut ranked, _) = self.best(outline, &closely, most, score);
        ranked.sort_unstable();
        let total = matches.places.words().iter().map(|word| word.count_ones() as usize).sum();
        (Found { hits: ranked.into_iter().map(|ranked| outline.node_at(ranked.place())).collect(), total }, matches)
    }

    /// The best of some places in no order, and all that have a score.
    fn best<'a>(
        &'a self,
        outline: &Outline,
        places: &Bits,
        most: usize,
        score: impl Fn(&mut Ranking<'a>, usize, &[u8]) -> Option<Score> + Sync,
    ) -> (Vec<Ranked>, Matches) {
        let parts = in_parts(outline.len(), outline.threads(), |part| {
            let (mut paths, mut ranking) = (Paths::new(outline), Ranking::of(self));
            let mut best = Best { most, ranked: Vec::new() };
            let mut scores = vec![Score::default(); part.len()];
            let words = places.words().get(part.start / WORD..part.end.div_ceil(WORD)).unwrap_or_default();
            let found = words.iter().zip(scores.chunks_mut(WORD)).zip((part.start..).step_by(WORD));
            let found = found.map(|((word, scores), first)| {
                ones(*word).fold(0_u64, |found, bit| {
                    let path = paths.go_to(first + bit);
                    let Some(score) = score(&mut ranking, first + bit, path) else { return found };
                    best.push(Ranked::new(score.sum(), path, first + bit));
                    if let Some(place) = scores.get_mut(bit) {
                        *place = score;
                    }
                    found | 1 << bit
                })
            });
            let found: Vec<u64> = found.collect();
            (best, found, scores)
        });
        let (mut best, mut all, mut scores) = (Best { most, ranked: Vec::new() }, Vec::new(), Vec::new());
        for (part, found, of_part) in parts {
            best.ranked.extend(part.ranked);
            all.extend(found);
            scores.extend(of_part);
        }
        best.cut();
        (best.ranked, Matches { places: Bits::of(all), scores })
    }

    /// Tells whether paths have the letters.
    pub(super) fn letters_test(&self) -> impl FnMut(&[u8]) -> bool {
        let mut ranking = (!self.letters().is_empty()).then(|| Ranking::of(self));
        move |path| ranking.as_mut().is_none_or(|ranking| ranking.estimate(path, None).is_some())
    }
}

/// Tells how well paths match what was typed.
struct Ranking<'a> {
    filter: &'a Filter,
    matcher: Matcher,
    /// Room for the characters of a path that is not ASCII.
    room: Vec<char>,
}

impl<'a> Ranking<'a> {
    fn of(filter: &'a Filter) -> Self {
        Self { filter, matcher: Matcher::new(Config::DEFAULT.match_paths()), room: Vec::new() }
    }

    /// The score, or a little less; none if it does not match. Where letters could be found at several places it takes
    /// those that come first, which is several times faster than to try all of them. `done` is how well all words but the
    /// last one match, if that is known.
    fn estimate(&mut self, path: &[u8], done: Option<u16>) -> Option<Score> {
        let is_ascii = path.is_ascii();
        self.by_words(done, |ranking, word| {
            if is_ascii && word.text.is_ascii() {
                ranking.estimate_word(path, word)
            } else {
                ranking.score_word(path, word)
            }
        })
    }

    /// The score; none if it does not match.
    fn score(&mut self, path: &[u8]) -> Option<Score> {
        self.by_words(None, |ranking, word| ranking.score_word(path, word))
    }

    fn by_words(&mut self, done: Option<u16>, mut score: impl FnMut(&mut Self, &Word) -> Option<u16>) -> Option<Score> {
        let Some((last, words)) = self.filter.letters().split_last() else { return Some(Score::default()) };
        let mut all =
            |words: &[Word]| words.iter().try_fold(0_u16, |sum, word| Some(sum.saturating_add(score(self, word)?)));
        let done = done.map_or_else(|| all(words), Some)?;
        Some(Score { done, last: all(std::slice::from_ref(last))? })
    }

    fn estimate_word(&mut self, path: &[u8], word: &Word) -> Option<u16> {
        self.matcher.config.ignore_case = !word.text.bytes().any(|byte| byte.is_ascii_uppercase());
        self.matcher.fuzzy_match_greedy(Utf32Str::Ascii(path), Utf32Str::Ascii(word.text.as_bytes()))
    }

    fn score_word(&mut self, path: &[u8], word: &Word) -> Option<u16> {
        if path.is_ascii() {
            return word.letters.score(Utf32Str::Ascii(path), &mut self.matcher);
        }
        let text = String::from_utf8_lossy(path);
        word.letters.score(Utf32Str::new(&text, &mut self.room), &mut self.matcher)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::LayerIndex;
    use crate::listing::testing::listing;
    use crate::tree::testing::Fills;
    use crate::tree::{Lens, Outline, Stack};

    const LAYERS: &[&[&str]] = &[
        &["f etc/passwd 900 a", "f usr/share/doc/passwd/README 10 a", "f etc/adduser.conf 3000 a", "d srv"],
        &["f srv/app/.env 19 a", "f srv/app/.venv/lib/environment.py 70 a", "f etc/app.d/07-part.conf 5 b"],
        &["f srv/app/.env 19 a %1000", "f etc/passwd 950 b", "f etc/.wh.adduser.conf 0"],
        &["f srv/app/.wh..env 0", "f srv/app/Größe 3 x"],
    ];

    fn found(text: &str) -> Vec<String> {
        let mut stack = Stack::new();
        for layer in LAYERS {
            stack.push(listing(layer));
        }
        let mut tree = stack.finish();
        tree.identify(&Fills, 1);
        let outline = Arc::new(Outline::of(Arc::new(tree), 2));
        let view = outline.view(Lens::up_to(LayerIndex(3)));
        let found = Filter::fuzzy(text).unwrap().search(&view, 100);
        assert_eq!(found.hits.len(), found.total);
        let best = Filter::fuzzy(text).unwrap().search(&view, 1);
        assert_eq!((best.hits.as_slice(), best.total), (found.hits.get(..1).unwrap_or_default(), found.total));
        found.hits.iter().map(|node| String::from_utf8(outline.tree().path(*node)).unwrap()).collect()
    }

    #[test]
    fn letters_that_follow_each_other_find_what_they_find_alone() {
        let mut stack = Stack::new();
        for layer in LAYERS {
            stack.push(listing(layer));
        }
        let outline = Arc::new(Outline::of(Arc::new(stack.finish()), 2));
        let view = Arc::new(outline.view(Lens::up_to(LayerIndex(3))));
        let mut searcher = Searcher::default();
        let typed = [
            "",
            "e",
            "eN",
            "eNv",
            "env",
            "en",
            "e is:file",
            "e",
            "e p",
            "ex p",
            "s",
            "sr",
            "'sr",
            "!sr",
            "!s",
            "e e",
            "e ee",
            "e env s",
            "e env sr",
            "e env sr p",
            "e env srv pp ",
            "e env srv",
            "env env",
            "env env srv",
            "etc env",
            "gr",
            "gr sr",
            "grö sr",
            "grö",
        ];
        for text in typed {
            let filter = Filter::fuzzy(text).unwrap();
            let mut ranking = Ranking::of(&filter);
            for node in outline.tree().nodes() {
                let path = outline.tree().path(node);
                let sum = |score: Option<Score>| score.map(Score::sum);
                let (estimate, score) = (sum(ranking.estimate(&path, None)), sum(ranking.score(&path)));
                assert!(estimate <= score && estimate.is_some() == score.is_some(), "{text} in {path:?}");
            }
            assert_eq!(searcher.search(&view, &filter, 5), filter.search(&view, 5), "{text}");
        }
    }

    #[test]
    fn the_best_hit_is_what_one_means() {
        for (text, first) in [
            ("c/passwd", "etc/passwd"),
            ("07-part", "etc/app.d/07-part.conf"),
            ("adduser.c", "etc/adduser.conf"),
            ("app/.env", "srv/app/.env"),
            ("pass read", "usr/share/doc/passwd/README"),
            ("größe", "srv/app/Größe"),
        ] {
            assert_eq!(found(text).first().map(String::as_str), Some(first), "{text}: {:?}", found(text));
        }
        assert_eq!(found("xyzzy"), Vec::<String>::new());
    }

    #[test]
    fn attributes_look_at_all_layers() {
        assert_eq!(found("is:removed"), ["srv/app/.env", "etc/adduser.conf"]);
        assert_eq!(found("is:meta"), ["srv/app/.env"]);
        assert_eq!(found("is:modified"), ["etc/passwd"]);
        assert_eq!(found("is:wasted"), ["etc/passwd", "srv/app/.env", "etc/adduser.conf"]);
        assert_eq!(found("size:3000"), ["etc/adduser.conf"], "the size that it had");
        assert_eq!(found("owner:1000"), ["srv/app/.env"]);
        assert_eq!(found("layer:3 is:file"), ["srv/app/.env", "srv/app/Größe"]);
        assert_eq!(found("env !.venv is:file"), ["srv/app/.env"]);
        assert_eq!(found("'env is:file ext:py"), ["srv/app/.venv/lib/environment.py"]);
        assert_eq!(found("is:secret"), ["srv/app/.env"], "a name, whatever it holds");
        assert_eq!(found("!is:secret env"), ["srv/app/.venv/lib/environment.py", "srv/app/.venv", "srv/app/.venv/lib"]);
        assert!(found("").len() > 10 && !found("").contains(&String::new()));
    }
}
