//! The commands: each loads an image and hands what it found to one front end.

use super::line::Line;
use super::load::{AskedBase, Input, Loaded, Request, load, load_documents};
use super::{Failure, Outcome, Watch, files, verifies};
use crate::analysis::shipped_bytes;
use crate::bytes::Cancel;
use crate::cli::{
    ConfigArgs, ExploreArgs, GateArgs, GhostsArgs, HistoryArgs, LsArgs, LsFormatArg, LsSortArg, ManArgs, ReportArgs,
    ReportFormat, SchemaArgs, SchemaOf, Verify, manual,
};
use crate::config::Settings;
use crate::escape::{Target, escape};
use crate::image::LayerIndex;
use crate::notice::{Notice, Severity};
use crate::progress::Silent;
use crate::report::{self, LsFormat, LsScope, LsSort, LsStyle, Reading};
use crate::tree::{Filter, Lens};
use std::io::{BufWriter, Write};
#[cfg(feature = "tui")]
use std::io::{IsTerminal as _, stdout};

/// What every command has at hand.
pub(super) struct Commands<'a> {
    pub(super) settings: Settings,
    pub(super) out: &'a mut dyn Write,
    pub(super) messages: &'a mut dyn Write,
}

impl Commands<'_> {
    /// What an argument means.
    pub(super) fn input(&self, typed: &str) -> Input {
        Input::typed(typed, self.settings.engine)
    }

    pub(super) fn say(&mut self, text: &[u8]) -> Result<Outcome, Failure> {
        self.out.write_all(text).map_err(Failure::Output)?;
        Ok(Outcome::Fine)
    }

    pub(super) fn schema(&mut self, args: &SchemaArgs) -> Result<Outcome, Failure> {
        let schema = match args.of {
            SchemaOf::Report => report::schema(),
            SchemaOf::Ci => report::verdict_schema(),
            SchemaOf::Audit => report::audit_schema(),
            SchemaOf::Diff => report::diff_schema(),
            SchemaOf::Find => report::found_schema(),
        };
        report::write_schema(&schema, self.out).map_err(Failure::Output)?;
        Ok(Outcome::Fine)
    }

    pub(super) fn man(&mut self, args: &ManArgs) -> Result<Outcome, Failure> {
        let page = manual(args.command.as_deref());
        let page = page.ok_or_else(|| Failure::NoCommand(args.command.clone().unwrap_or_default()))?;
        self.say(&page)
    }

    /// `layerscope IMAGE`: the explorer, or a summary where nobody could look at it.
    #[cfg_attr(not(feature = "tui"), expect(unused_variables, reason = "there is no explorer"))]
    pub(super) fn show(&mut self, input: Input, gate: &GateArgs, args: ExploreArgs) -> Result<Outcome, Failure> {
        #[cfg(feature = "tui")]
        if gate.json.is_none() && (stdout().is_terminal() || args.print && crate::tui::has_terminal()) {
            return self.explore(input, gate, args);
        }
        let loaded = self.load(input, Verify::Off)?;
        if let Some(path) = &gate.json {
            // dive's way: the file is all that was asked for.
            files::write_dive_json(&loaded, path)?;
            return self.end(&loaded.reading(), Told::No);
        }
        let reading = loaded.reading();
        let mut report = loaded.report(&reading, &loaded.analysis(), None);
        report.image.distribution = loaded.distribution();
        report::write_text(&report, self.settings.columns, None, self.out).map_err(Failure::Output)?;
        self.end(&reading, Told::Yes)
    }

    #[cfg(feature = "tui")]
    fn explore(&mut self, input: Input, gate: &GateArgs, args: ExploreArgs) -> Result<Outcome, Failure> {
        use super::explore::{Background, Judge, explore};
        use crate::tui::Exit;
        let background = match self.settings.verify {
            Some(Verify::Off | Verify::Strict) => Background::Rest,
            Some(Verify::Background) | None => Background::Verify,
        };
        let mut request = self.request(self.settings.verify == Some(Verify::Strict))?;
        request.verify_later = background == Background::Verify;
        let (options, problems) = self.preferences();
        // Whoever looks at an image wants to see it, whatever is wrong with the rules that lie about.
        let gate = self.gate(1, gate).map_err(|failure| Notice::warning("rules", failure.to_string()));
        let judge = Judge { gate, today: self.settings.today };
        let left = explore(input, request, self.settings.engine, background, judge, problems, options)?;
        self.remember(left.options);
        match left.exit {
            Exit::Quit => match left.selected.filter(|_| args.print) {
                Some(path) => self.say(&[path.as_slice(), b"\n"].concat()),
                None => Ok(Outcome::Fine),
            },
            Exit::Signal(number) => Ok(Outcome::Signal(number)),
            Exit::Failed(message) => {
                self.message(&message);
                Ok(Outcome::Incomplete)
            }
        }
    }

    /// What the file of the user could say.
    #[cfg(feature = "tui")]
    pub(super) fn dump_config(&mut self) -> Result<Outcome, Failure> {
        self.say(crate::config::file::defaults().as_bytes())
    }

    /// There is nothing to configure.
    #[cfg(not(feature = "tui"))]
    pub(super) fn dump_config(&mut self) -> Result<Outcome, Failure> {
        self.say(b"# This program was built without its explorer.\n")
    }

    pub(super) fn report(&mut self, args: &ReportArgs) -> Result<Outcome, Failure> {
        let input = self.input(&args.image);
        let top = if args.format == ReportFormat::Json { args.top } else { None };
        let loaded = self.load(input, Verify::Off)?;
        let reading = loaded.reading();
        let mut report = loaded.report(&reading, &loaded.analysis(), top);
        report.image.distribution = loaded.distribution();
        let columns = self.settings.columns;
        let write = |out: &mut dyn Write| match args.format {
            ReportFormat::Text => {
                let mut out = BufWriter::new(out);
                report::write_text(&report, columns, args.top, &mut out)?;
                out.flush()
            }
            ReportFormat::Json => report::write_json(&report, out),
        };
        match &args.output {
            Some(path) => files::replace(path, write)?,
            None => write(self.out).map_err(Failure::Output)?,
        }
        if let Some(path) = &args.json {
            files::write_dive_json(&loaded, path)?;
        }
        self.end(&reading, if args.format == ReportFormat::Text { Told::Yes } else { Told::No })
    }

    pub(super) fn ls(&mut self, args: &LsArgs) -> Result<Outcome, Failure> {
        // A slip is said before an image is read.
        let filter = args.filter.as_deref().map(Filter::parse).transpose()?;
        let input = self.input(&args.image);
        let loaded = self.load(input, Verify::Off)?;
        let scope = match (args.layer, args.upto) {
            (Some(layer), _) => LsScope::Layer(LayerIndex(layer)),
            (None, upto) => LsScope::Merged(upto.map(LayerIndex)),
        };
        let format = match (args.format, args.long) {
            (LsFormatArg::Jsonl, _) => LsFormat::Jsonl,
            (LsFormatArg::Text, true) => LsFormat::Long,
            (LsFormatArg::Text, false) => LsFormat::Plain,
        };
        let sort = match args.sort {
            LsSortArg::Path => LsSort::Path,
            LsSortArg::Size => LsSort::Size,
            LsSortArg::Pull => LsSort::Pull,
        };
        let path = args.path.as_deref().map(str::as_bytes);
        let style = LsStyle { format, pull: args.pull, sort };
        let lens = match scope {
            LsScope::Layer(layer) => Lens::layer(layer),
            LsScope::Merged(upto) => Lens::up_to(upto.unwrap_or(LayerIndex(u32::MAX))),
        };
        let (filter, unread) = filter.map(|filter| self.told(&loaded, filter)).unzip();
        let selection = filter.map(|filter| loaded.select(lens, &filter));
        let is_hit = |node| selection.as_ref().is_none_or(|selection| selection.is_hit(node));
        report::write_listing(&loaded.tree, scope, path, selection.as_ref().map(|_| &is_hit as _), style, self.out)?;
        let ended = self.end(&loaded.reading(), Told::No)?;
        Ok(self.tell_more(&unread.unwrap_or_default(), ended))
    }

    pub(super) fn history(&mut self, args: &HistoryArgs) -> Result<Outcome, Failure> {
        let input = self.input(&args.image);
        let loaded = self.load(input, Verify::Off)?;
        let rows = report::history(&loaded.image);
        match args.format {
            ReportFormat::Text => {
                let shipped: Vec<u64> = loaded.tree.listings().iter().map(|listing| shipped_bytes(listing)).collect();
                report::write_history(&rows, &shipped, self.out)
            }
            ReportFormat::Json => report::write_history_json(&rows, self.out),
        }
        .map_err(Failure::Output)?;
        self.end(&loaded.reading(), Told::No)
    }

    pub(super) fn config(&mut self, args: &ConfigArgs) -> Result<Outcome, Failure> {
        let input = self.input(&args.image);
        let loaded = self.load(input, Verify::Off)?;
        let settings = report::settings(&loaded.image);
        match args.format {
            ReportFormat::Text => {
                let history = report::history(&loaded.image);
                report::write_config(&settings, &history, self.settings.columns, self.out)
            }
            ReportFormat::Json => report::write_config_json(&settings, self.out),
        }
        .map_err(Failure::Output)?;
        self.end(&loaded.reading(), Told::No)
    }

    pub(super) fn ghosts(&mut self, args: &GhostsArgs) -> Result<Outcome, Failure> {
        let input = self.input(&args.image);
        let loaded = self.load(input, Verify::Off)?;
        let reading = loaded.reading();
        let ghosts = report::ghosts(&loaded.report(&reading, &loaded.analysis(), None), args.secrets);
        match args.format {
            ReportFormat::Text => report::write_ghosts(&ghosts, self.settings.columns, args.top, self.out),
            ReportFormat::Json => report::write_ghosts_json(&ghosts, args.top, self.out),
        }
        .map_err(Failure::Output)?;
        self.end(&reading, Told::No)
    }

    /// Loads an image for a command that writes. `verify` holds unless the user says otherwise.
    pub(super) fn load(&mut self, input: Input, verify: Verify) -> Result<Loaded, Failure> {
        let request = self.request(verifies(self.settings.verify, verify))?;
        self.watched(|watch| load(input, &request, &Cancel::default(), watch))
    }

    /// Does something that takes long; a line on the terminal says how far it is, if there is one.
    pub(super) fn watched<T>(&self, work: impl FnOnce(&dyn Watch) -> T) -> T {
        match Line::on_terminal(self.settings.ascii) {
            Some(line) => work(&line),
            None => work(&Silent),
        }
    }

    fn request(&self, verify: bool) -> Result<Request, Failure> {
        let request = Request {
            tag: self.settings.tag.clone(),
            platform: self.settings.platform.clone(),
            base: self.settings.base_layers.map(AskedBase::Layers),
            verify,
            verify_later: false,
            spool_directory: self.settings.spool_directory.clone(),
            spool_max: self.settings.spool_max,
        };
        let Some(typed) = &self.settings.base else { return Ok(request) };
        // Which of several images is meant is said of the image, not of its base.
        let base = Request { tag: None, verify: false, ..request.clone() };
        let image = load_documents(self.input(typed), &base, &Cancel::default())?;
        Ok(Request { base: Some(AskedBase::Image { typed: typed.clone(), image }), ..request })
    }

    /// Says what was odd, unless the result said it, and how the run ended.
    pub(super) fn end(&mut self, reading: &Reading, told: Told) -> Result<Outcome, Failure> {
        self.out.flush().map_err(Failure::Output)?;
        if told == Told::No {
            self.tell(reading);
        }
        Ok(if reading.is_partial() || self.is_too_odd(reading) { Outcome::Incomplete } else { Outcome::Fine })
    }

    /// Every warning and error about an image, on standard error.
    pub(super) fn tell(&mut self, reading: &Reading) {
        for notice in reading.all_notices().filter(|notice| notice.severity >= Severity::Warning) {
            self.message(&notice.to_string());
        }
    }

    /// Whether warnings are errors, and there are some.
    pub(super) fn is_too_odd(&self, reading: &Reading) -> bool {
        self.settings.strict && reading.all_notices().any(|notice| notice.severity >= Severity::Warning)
    }

    /// Says what was odd about a part of the answer that an image's own notices are silent about; `ended` unless that
    /// makes it worse.
    pub(super) fn tell_more(&mut self, notices: &[Notice], ended: Outcome) -> Outcome {
        for notice in notices.iter().filter(|notice| notice.severity >= Severity::Warning) {
            self.message(&notice.to_string());
        }
        let limit = if self.settings.strict { Severity::Warning } else { Severity::Error };
        let is_worse = notices.iter().any(|notice| notice.severity >= limit);
        if is_worse { Outcome::Incomplete } else { ended }
    }

    pub(super) fn message(&mut self, message: &str) {
        for line in message.lines() {
            // Where messages cannot be written there is nobody to tell.
            let _ = writeln!(self.messages, "layerscope: {}", escape(line.as_bytes(), Target::Prose));
        }
    }
}

/// Whether a result has told already what was odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Yes,
    No,
}
