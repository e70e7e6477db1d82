//! The gate: rules are read first, then images are loaded and judged one after the other, then the verdict is written
//! in every format that was asked for.

use super::commands::{Commands, Told};
use super::files::{file_error, read_text, replace, write_dive_json};
use super::{Failure, Loaded, Outcome};
use crate::analysis::{
    Accounts, Analysis, Check, DiveCi, DiveRules, Ignore, Rule, RuleSeverity, Ruling, Snapshot, Status, Subject,
    Tolerance, Verdict, Weight, audit, parse_dive_ci, parse_rules, parse_user_limits,
};
use crate::cli::{AuditArgs, GateArgs, ReportFormat, VerdictOutput, Verify};
use crate::report::{self, AuditReport, CiReport, ImageVerdict, Unjudged, VerdictFormat};
use jiff::civil::Date;
use std::io;
use std::path::Path;

/// The file of our rules, and that of dive's. Each is looked for where none is named, and only in the current directory,
/// as dive does.
const RULES: &str = "layerscope.toml";
const DIVE_RULES: &str = ".dive-ci";

/// How large a file of rules, and a report as a baseline, may be, in bytes. A report names every wasted item.
const MAX_RULES: u64 = 1 << 20;
const MAX_BASELINE: u64 = 1 << 28;

/// How much of `/etc/passwd` is read; a real one has some kilobytes.
const MAX_ACCOUNTS: u64 = 1 << 20;

/// Everything that judges an image.
#[derive(Debug)]
pub(super) struct Gate {
    dive: DiveRules,
    rules: Vec<Rule>,
    /// What the image is compared with.
    before: Option<Snapshot>,
}

impl Gate {
    /// Judges an image, as of a day.
    pub(super) fn judge(&self, loaded: &Loaded, analysis: &Analysis, name: &str, today: Date) -> Verdict {
        let mut rulings = self.dive.judge(&analysis.totals, &analysis.dive);
        let needs_accounts = self.rules.iter().any(|rule| matches!(rule.check, Check::NotRoot));
        let accounts = if needs_accounts { accounts(loaded) } else { Accounts::Missing };
        let now = self.before.as_ref().map(|_| Snapshot::of(name, &loaded.image, &loaded.tree, analysis));
        let subject = Subject {
            image: &loaded.image,
            tree: &loaded.tree,
            analysis,
            accounts: &accounts,
            growth: now.as_ref().zip(self.before.as_ref()),
            today,
        };
        rulings.extend(self.rules.iter().map(|rule| rule.judge(&subject)));
        Verdict { metrics: self.dive.metrics, rulings }
    }
}

impl Commands<'_> {
    /// Judges `images`. An image that cannot be judged is told, and the others are judged all the same.
    pub(super) fn ci(&mut self, images: &[String], args: &GateArgs) -> Result<Outcome, Failure> {
        let gate = self.gate(images.len(), args)?;
        let (mut judged, mut unjudged, mut rulings) = (Vec::new(), Vec::new(), Vec::new());
        let mut outcome = Outcome::Fine;
        for image in images {
            let loaded = match self.load(self.input(image), Verify::Strict) {
                Ok(loaded) => loaded,
                Err(failure) => {
                    let message = failure.to_string();
                    self.message(&message);
                    unjudged.push(Unjudged { reference: image.clone(), message });
                    outcome = Outcome::Incomplete;
                    continue;
                }
            };
            let reading = loaded.reading();
            self.tell(&reading);
            if reading.is_partial() && !args.allow_partial || self.is_too_odd(&reading) {
                outcome = Outcome::Incomplete;
            }
            if let Some(path) = args.json.as_ref().filter(|_| judged.is_empty()) {
                write_dive_json(&loaded, path)?;
            }
            let analysis = loaded.analysis();
            let verdict = gate.judge(&loaded, &analysis, image, self.settings.today);
            let report = loaded.report(&reading, &analysis, None);
            judged.push(ImageVerdict::new(&report, &verdict, gate.before.as_ref()));
            rulings.extend(verdict.rulings);
        }
        self.tell_idle_ignores(&gate.rules, &rulings);
        let report = CiReport::new(judged, unjudged);
        self.write_verdicts(&report, &args.outputs)?;
        Ok(match outcome {
            Outcome::Fine if !report.passed => Outcome::Failed,
            outcome => outcome,
        })
    }

    /// All rules, and what the image is compared with: whatever is wrong with them is said before an image is read.
    pub(super) fn gate(&mut self, images: usize, args: &GateArgs) -> Result<Gate, Failure> {
        let project = rules_text(args.ci_config.as_deref(), DIVE_RULES)?;
        let project = project.map(|(text, file)| parse_dive_ci(&text, &file)).transpose()?;
        let user =
            self.settings.config_file.as_deref().map(|path| Ok::<_, Failure>((path, read_text(path, MAX_RULES)?)));
        let user = user.transpose()?.and_then(|(path, text)| Some((path.display().to_string(), text?)));
        let user = user.map(|(file, text)| parse_user_limits(&text, &file)).transpose()?;
        let limits: Vec<DiveCi> = project.into_iter().chain(user).collect();
        for notice in limits.iter().flat_map(|file| &file.notices) {
            self.message(&notice.to_string());
        }
        let rules = rules_text(args.rules.as_deref(), RULES)?;
        let mut rules = rules.map_or_else(|| Ok(Vec::new()), |(text, file)| parse_rules(&text, &file))?;
        let dive = DiveRules::new(&limits, &args.dive_rules())?;
        if images > 1 && (args.baseline.is_some() || args.against.is_some()) {
            return Err(Failure::ManyImages(images));
        }
        let before = self.before(args)?;
        if before.is_some() && !rules.iter().any(|rule| is_about_growth(&rule.check)) {
            rules.extend(no_growth());
        }
        Ok(Gate { dive, rules, before })
    }

    /// What the image is compared with, if anything.
    fn before(&mut self, args: &GateArgs) -> Result<Option<Snapshot>, Failure> {
        if let Some(path) = &args.baseline {
            let text = read_text(path, MAX_BASELINE)?.ok_or_else(|| no_such_file(path))?;
            let wrong = |source| Failure::Baseline { path: path.display().to_string(), source };
            return report::read_baseline(text.as_bytes()).map(Some).map_err(wrong);
        }
        let Some(image) = &args.against else { return Ok(None) };
        let loaded = self.load(self.input(image), Verify::Strict)?;
        let reading = loaded.reading();
        self.tell(&reading);
        if reading.is_partial() {
            return Err(Failure::PartialBaseline(image.clone()));
        }
        Ok(Some(Snapshot::of(image, &loaded.image, &loaded.tree, &loaded.analysis())))
    }

    /// Goes through the checklist of a good image.
    pub(super) fn audit(&mut self, args: &AuditArgs) -> Result<Outcome, Failure> {
        let loaded = self.load(self.input(&args.image), Verify::Off)?;
        let (reading, analysis, accounts) = (loaded.reading(), loaded.analysis(), accounts(&loaded));
        let points = audit(&Subject {
            image: &loaded.image,
            tree: &loaded.tree,
            analysis: &analysis,
            accounts: &accounts,
            growth: None,
            today: self.settings.today,
        });
        let report = AuditReport::new(&args.image, &loaded.image, &points);
        match args.format {
            ReportFormat::Text => report::write_audit(&report, self.settings.columns, self.out),
            ReportFormat::Json => report::write_audit_json(&report, self.out),
        }
        .map_err(Failure::Output)?;
        Ok(match self.end(&reading, Told::No)? {
            Outcome::Fine if !report.passed => Outcome::Failed,
            outcome => outcome,
        })
    }

    /// Says which ignores of the rules file were not needed: what they were for may be mended, or misspelt.
    fn tell_idle_ignores(&mut self, rules: &[Rule], rulings: &[Ruling]) {
        for rule in rules {
            let judged: Vec<&Ruling> =
                rulings.iter().filter(|ruling| ruling.id == rule.id && ruling.status != Status::Skipped).collect();
            if judged.is_empty() {
                continue;
            }
            let found = |ruling: &&Ruling, ignore: &Ignore| {
                let mut all = ruling.ignored.iter().map(|it| &it.finding).chain(&ruling.findings);
                all.any(|finding| ignore.means(finding)) || ignore.path.is_none() && ruling.status == Status::Fail
            };
            for ignore in rule.ignores.iter().filter(|ignore| !judged.iter().any(|ruling| found(ruling, ignore))) {
                let what = match &ignore.path {
                    Some(glob) => format!("finds nothing to ignore in {}", glob.text()),
                    None => "passes, so that nothing has to be ignored".to_owned(),
                };
                self.message(&format!("{}: {} {what}", ignore.origin, rule.id));
            }
        }
    }

    /// Standard output first: what a file cannot take is an error.
    fn write_verdicts(&mut self, report: &CiReport, outputs: &[VerdictOutput]) -> Result<(), Failure> {
        let text = VerdictOutput { format: VerdictFormat::Text, file: None };
        let shown = outputs.iter().filter(|output| output.file.is_none());
        let shown = shown.chain(Some(&text).filter(|_| outputs.iter().all(|output| output.file.is_some())));
        let columns = self.settings.columns;
        for output in shown {
            // Why nothing was judged is said already, and text has nothing to add.
            if output.format != VerdictFormat::Text || !report.images.is_empty() {
                report::write_verdict(report, output.format, columns, self.out).map_err(Failure::Output)?;
            }
        }
        self.out.flush().map_err(Failure::Output)?;
        for output in outputs {
            if let Some(file) = &output.file {
                replace(file, |out| report::write_verdict(report, output.format, columns, out))?;
            }
        }
        Ok(())
    }
}

/// The text of the file that was named, or of the one in the current directory, if there is one; and its name.
fn rules_text(named: Option<&Path>, usual: &str) -> Result<Option<(String, String)>, Failure> {
    let path = named.unwrap_or(Path::new(usual));
    match read_text(path, MAX_RULES)? {
        Some(text) => Ok(Some((text, path.display().to_string()))),
        None if named.is_some() => Err(no_such_file(path)),
        None => Ok(None),
    }
}

fn no_such_file(path: &Path) -> Failure {
    file_error(path, io::Error::new(io::ErrorKind::NotFound, "no such file"))
}

fn is_about_growth(check: &Check) -> bool {
    matches!(check, Check::ImageGrowth { .. } | Check::WasteGrowth { .. } | Check::LayerGrowth { .. })
}

/// The rules that hold where something is compared with and no rules file says how much it may grow.
fn no_growth() -> [Rule; 3] {
    let nothing = Tolerance::Bytes(0);
    [
        Check::ImageGrowth { max: nothing, of: Weight::Shipped },
        Check::WasteGrowth { max: nothing },
        Check::LayerGrowth { max: 0 },
    ]
    .map(|check| Rule {
        id: check.name().to_owned(),
        severity: RuleSeverity::Error,
        reason: check.reason().to_owned(),
        ignores: Vec::new(),
        check,
    })
}

/// `/etc/passwd` of the final image.
fn accounts(loaded: &Loaded) -> Accounts {
    let Some(file) = loaded.find_file(b"etc/passwd") else { return Accounts::Missing };
    match loaded.beginning(file, MAX_ACCOUNTS + 1) {
        None => Accounts::Unknown("/etc/passwd cannot be read".to_owned()),
        Some(passwd) if passwd.len() as u64 > MAX_ACCOUNTS => {
            Accounts::Unknown("/etc/passwd has more than a mebibyte".to_owned())
        }
        Some(passwd) => Accounts::Known(passwd),
    }
}
