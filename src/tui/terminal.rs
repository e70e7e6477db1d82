//! The terminal: taken when there is something to show, given back on every way out (quit, error, panic, signal,
//! suspend); and the loop between messages, state and screen.

use super::effect::{Effect, Job, work};
use super::msg::{Generation, Msg};
use super::program;
use super::state::State;
use super::update::update;
use super::view::view;
use super::{Background, Exit, Feed, Left, Options, ThemeName, tty};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use crossterm::cursor::Show;
use crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event,
    KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::execute;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
    supports_keyboard_enhancement,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Size;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use std::io::{self, BufWriter, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use terminal_colorsaurus::{QueryOptions, ThemeMode, theme_mode};

/// How long the loader has to say something that can be shown before the screen is taken to say that it is at work.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long a terminal has to say what is behind the text.
const TELLS: Duration = Duration::from_millis(100);
/// How long a short message stays.
const TOAST: Duration = Duration::from_secs(4);
/// How long one waits after the first key of a sequence before one is told what can follow.
const HESITATION: Duration = Duration::from_millis(300);
/// As often as anybody can see; what the loader says faster than that is drawn together.
const FRAME: Duration = Duration::from_millis(15);
/// How long a screen waits for the worker, so that it shows the whole answer to a key and not first half of it. Most
/// answers take less; what takes longer is drawn when it comes.
const ANSWER: Duration = Duration::from_millis(8);

/// What comes in from outside: a message for the state, or something that only the loop can act on.
#[derive(Debug)]
enum Happening {
    Msg(Msg),
    /// A signal that ends the process.
    Signal(i32),
    /// The process goes on after a stop.
    Continue,
    /// Keys cannot be read any more.
    InputLost(io::Error),
    /// A thread of ours panicked; its message was printed already.
    Panicked,
}

/// Shows what `feed` tells until the user leaves.
pub(super) fn run(feed: Receiver<Feed>, choose: Sender<usize>, mut options: Options) -> io::Result<Left> {
    let mut first = Vec::new();
    if let Some(exit) = wait(&feed, &mut first) {
        return Ok(Left { exit, options, selected: None });
    }
    let told = background(&options);
    options.background = told.or(options.background);
    // Who has answered once answers at once: nobody waits for a terminal that is silent. The question goes to standard
    // output, wherever the explorer draws.
    let answers = told.is_some() && tty::is_output();
    let modes = Modes { mouse: options.mouse, keys: answers && supports_keyboard_enhancement().unwrap_or(false) };
    let (events, inbox) = mpsc::channel();
    let (jobs, questions) = mpsc::channel();
    let signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT])?;
    let handle = signals.handle();
    // What the options say has weighed NO_COLOR already; crossterm alone would let it beat `--color always`.
    crossterm::style::force_color_output(options.theme != ThemeName::Mono);
    let mut screen = Screen::enter(modes)?;
    let loan = Arc::new(Loan::default());
    listen_to_signals(signals, events.clone(), Arc::clone(&loan));
    listen_to_keys(events.clone(), Arc::clone(&loan));
    listen_to_feed(first, feed, events.clone());
    answer(questions, events.clone());
    let size = screen.terminal.size()?;
    let state = State::new(size, options);
    let mut looped = Loop { state, jobs, events, choose, loan, exit: None, writers: Vec::new() };
    let ended = looped.run(&mut screen, &inbox);
    handle.close();
    drop(screen);
    ended?;
    Ok(looped.end())
}

/// What is behind the text, if a theme depends on it and the terminal tells in time (OSC 11).
fn background(options: &Options) -> Option<Background> {
    if !matches!(options.theme, ThemeName::Auto | ThemeName::Colorblind) {
        return None;
    }
    let mut query = QueryOptions::default();
    query.timeout = TELLS;
    match theme_mode(query).ok()? {
        ThemeMode::Dark => Some(Background::Dark),
        ThemeMode::Light => Some(Background::Light),
    }
}

/// Waits for the first thing worth showing. A failure that comes at once never takes the screen.
fn wait(feed: &Receiver<Feed>, first: &mut Vec<Feed>) -> Option<Exit> {
    let until = now() + PATIENCE;
    loop {
        match feed.recv_timeout(until.saturating_duration_since(now())) {
            Ok(Feed::Failed(message)) => return Some(Exit::Failed(message)),
            Ok(news @ (Feed::Opening { .. } | Feed::Found { .. } | Feed::Progress(_) | Feed::Notice(_))) => {
                first.push(news);
            }
            Ok(news) => {
                first.push(news);
                return None;
            }
            Err(RecvTimeoutError::Disconnected) if first.is_empty() => {
                return Some(Exit::Failed("nothing to show".to_owned()));
            }
            Err(_) => return None,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the loop is where time enters the explorer")]
fn now() -> Instant {
    Instant::now()
}

/// State, and what its effects need.
struct Loop {
    state: State,
    jobs: Sender<(Generation, Job)>,
    events: Sender<Happening>,
    choose: Sender<usize>,
    loan: Arc<Loan>,
    exit: Option<Exit>,
    /// Those who write files of the user.
    writers: Vec<JoinHandle<()>>,
}

impl Loop {
    fn run(&mut self, screen: &mut Screen, inbox: &Receiver<Happening>) -> io::Result<()> {
        let mut toast_since: Option<(String, Instant)> = None;
        let mut begun_since: Option<Instant> = None;
        while self.exit.is_none() {
            screen.draw(&self.state)?;
            let drawn = now();
            // From the key on: while layers are read, the screen is drawn more often than one hesitates.
            begun_since = self.state.begun.as_ref().map(|_| begun_since.unwrap_or(drawn));
            let hesitates = begun_since.filter(|_| !self.state.hints).map(|since| since + HESITATION);
            let fades = toast_since.as_ref().map(|(_, since)| *since + TOAST);
            let (until, silence) = match (hesitates, fades) {
                (Some(hesitates), fades) if fades.is_none_or(|fades| hesitates < fades) => {
                    (Some(hesitates), Msg::Hesitated)
                }
                (_, fades) => (fades, Msg::ToastOver),
            };
            let Some(event) = next(inbox, until)? else {
                if matches!(silence, Msg::ToastOver) {
                    toast_since = None;
                }
                self.take(silence, screen)?;
                continue;
            };
            let mut patience = Patience { drawn, begun: now(), is_feed: true };
            patience.saw(&event);
            self.handle(event, screen)?;
            // Everything that is there already, and what comes soon enough, is drawn at once.
            while self.exit.is_none() {
                match inbox.recv_timeout(patience.left(self.state.waits())) {
                    Ok(event) => {
                        patience.saw(&event);
                        self.handle(event, screen)?;
                    }
                    Err(_) => break,
                }
            }
            // Each message has its own time.
            toast_since = self.state.toast.as_ref().map(|toast| match toast_since.take() {
                Some((text, since)) if text == toast.text => (text, since),
                _ => (toast.text.clone(), now()),
            });
        }
        Ok(())
    }

    fn handle(&mut self, event: Happening, screen: &mut Screen) -> io::Result<()> {
        match event {
            Happening::Msg(msg) => self.take(msg, screen)?,
            Happening::Signal(signal) => self.exit = Some(Exit::Signal(signal)),
            Happening::Continue => screen.resume()?,
            Happening::InputLost(error) => return Err(error),
            Happening::Panicked => return Err(io::Error::other("a part of the explorer stopped; this is a defect")),
        }
        Ok(())
    }

    fn take(&mut self, msg: Msg, screen: &mut Screen) -> io::Result<()> {
        for effect in update(&mut self.state, msg) {
            match effect {
                // If the worker is gone, its panic is an event of its own.
                Effect::Ask(generation, job) => drop(self.jobs.send((generation, job))),
                // If the loader is gone, nobody waits for the answer.
                Effect::Choose(index) => drop(self.choose.send(index)),
                Effect::Copy(text) => self.copy(text)?,
                Effect::Edit(editor, fetched) => {
                    if let Err(error) = screen.lend(&self.loan, || program::edit(&editor, &fetched.file()))? {
                        self.take(Msg::Failed(error), screen)?;
                    }
                }
                Effect::Suspend => screen.suspend()?,
                Effect::Quit => self.exit = Some(Exit::Quit),
                Effect::Fail(message) => self.exit = Some(Exit::Failed(message)),
                effect => self.aside(effect),
            }
        }
        Ok(())
    }

    /// A file may take long, and nobody else should wait for it. Closing what waits for it ends the thread.
    fn aside(&mut self, effect: Effect) {
        let events = self.events.clone();
        let writes = matches!(effect, Effect::Extract(..) | Effect::Fetch(..) | Effect::Save(..));
        let thread = thread::spawn(move || {
            let _alarm = Alarm(events.clone());
            // If nobody listens any more, the explorer has been left.
            let tell = |msg| drop(events.send(Happening::Msg(msg)));
            if let Some(msg) = effect.aside(&tell) {
                tell(msg);
            }
        });
        if writes {
            self.wait_for(thread);
        }
    }

    fn copy(&mut self, text: String) -> io::Result<()> {
        if let Some(command) = self.state.options.clipboard.clone() {
            self.beside(move || program::feed(&command, &text).err().map(Msg::Failed));
            return Ok(());
        }
        let mut tty = tty::open()?;
        tty.write_all(&copy(&text, self.state.options.tmux))?;
        tty.flush()
    }

    /// Does something that has to be done before the explorer is left.
    fn beside(&mut self, work: impl FnOnce() -> Option<Msg> + Send + 'static) {
        let events = self.events.clone();
        let thread = thread::spawn(move || {
            let _alarm = Alarm(events.clone());
            if let Some(msg) = work() {
                drop(events.send(Happening::Msg(msg)));
            }
        });
        self.wait_for(thread);
    }

    fn wait_for(&mut self, thread: JoinHandle<()>) {
        self.writers.retain(|writer| !writer.is_finished());
        self.writers.push(thread);
    }

    /// Ends everything that is written, and waits for it: a part of a file would look like all of it.
    fn end(self) -> Left {
        let sort = self.state.tree.sort.key;
        let options = Options { sort, ..self.state.options.clone() };
        let selected = self.state.selected_bytes();
        // What lies over the view ends what it waits for.
        drop(self.state);
        for writer in self.writers {
            // Its panic was told already.
            let _ = writer.join();
        }
        Left { exit: self.exit.unwrap_or(Exit::Quit), options, selected }
    }
}

/// How long to wait for more before the screen is drawn.
struct Patience {
    /// When it was drawn last.
    drawn: Instant,
    /// When the first event came since.
    begun: Instant,
    /// Whether all of them came from the loader: they can wait for each other, but nobody waits for a key.
    is_feed: bool,
}

impl Patience {
    fn saw(&mut self, event: &Happening) {
        self.is_feed &= matches!(event, Happening::Msg(Msg::Feed(_)));
    }

    fn left(&self, is_asked: bool) -> Duration {
        let frame = if self.is_feed { FRAME } else { Duration::ZERO };
        let answer = if is_asked { ANSWER } else { Duration::ZERO };
        let until = (self.drawn + frame).max(self.begun + answer);
        until.saturating_duration_since(now())
    }
}

/// The next event; none if there is none until a point in time.
fn next(inbox: &Receiver<Happening>, until: Option<Instant>) -> io::Result<Option<Happening>> {
    let Some(until) = until else { return inbox.recv().map(Some).map_err(io::Error::other) };
    match inbox.recv_timeout(until.saturating_duration_since(now())) {
        Ok(event) => Ok(Some(event)),
        Err(RecvTimeoutError::Timeout) => Ok(None),
        Err(error @ RecvTimeoutError::Disconnected) => Err(io::Error::other(error)),
    }
}

/// The terminal is lent to a program of the user: whoever reads keys rests meanwhile.
#[derive(Debug, Default)]
struct Loan {
    state: Mutex<Lent>,
    changed: Condvar,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Lent {
    /// It is ours.
    #[default]
    No,
    /// Keys may still be read.
    Soon,
    /// Nobody of ours reads keys.
    Yes,
}

impl Loan {
    /// How long whoever reads keys has to rest. It is only waiting, so it is woken at once.
    const WAKES: Duration = Duration::from_secs(1);

    fn state(&self) -> MutexGuard<'_, Lent> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_lent(&self) -> bool {
        *self.state() != Lent::No
    }

    /// Begins it: once this returns, nobody of ours reads keys.
    fn lend(&self) {
        *self.state() = Lent::Soon;
        // Whoever waits for a key wakes up when the window changes.
        let _ = signal_hook::low_level::raise(SIGWINCH);
        let waits = |state: &mut Lent| *state == Lent::Soon;
        drop(self.changed.wait_timeout_while(self.state(), Self::WAKES, waits));
    }

    fn end(&self) {
        *self.state() = Lent::No;
        self.changed.notify_all();
    }

    /// Waits while it lasts.
    fn rest(&self) {
        let mut state = self.state();
        while *state != Lent::No {
            *state = Lent::Yes;
            self.changed.notify_all();
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Tells the loop if the thread that holds it panics.
struct Alarm(Sender<Happening>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if thread::panicking() {
            drop(self.0.send(Happening::Panicked));
        }
    }
}

fn listen_to_signals(mut signals: Signals, events: Sender<Happening>, loan: Arc<Loan>) {
    thread::spawn(move || {
        for signal in signals.forever() {
            let event = match signal {
                // These come from keys, and keys are the editor's now.
                SIGINT if loan.is_lent() => continue,
                SIGTSTP if loan.is_lent() => {
                    let _ = signal_hook::low_level::emulate_default_handler(SIGTSTP);
                    continue;
                }
                SIGTSTP => Happening::Msg(Msg::Suspend),
                SIGCONT => Happening::Continue,
                other => Happening::Signal(other),
            };
            if events.send(event).is_err() {
                return;
            }
        }
    });
}

fn listen_to_keys(events: Sender<Happening>, loan: Arc<Loan>) {
    thread::spawn(move || {
        let _alarm = Alarm(events.clone());
        loop {
            loan.rest();
            let event = match event::read() {
                Ok(Event::Key(key)) => Happening::Msg(Msg::Key(key)),
                Ok(Event::Mouse(mouse)) => Happening::Msg(Msg::Mouse(mouse)),
                Ok(Event::Paste(text)) => Happening::Msg(Msg::Paste(text)),
                Ok(Event::Resize(width, height)) => Happening::Msg(Msg::Resize(Size { width, height })),
                Ok(Event::FocusGained | Event::FocusLost) => continue,
                Err(error) => Happening::InputLost(error),
            };
            let lost = matches!(event, Happening::InputLost(_));
            if events.send(event).is_err() || lost {
                return;
            }
        }
    });
}

fn listen_to_feed(first: Vec<Feed>, feed: Receiver<Feed>, events: Sender<Happening>) {
    thread::spawn(move || {
        for news in first.into_iter().chain(feed) {
            if events.send(Happening::Msg(Msg::Feed(news))).is_err() {
                return;
            }
        }
    });
}

fn answer(questions: Receiver<(Generation, Job)>, events: Sender<Happening>) {
    thread::spawn(move || {
        let _alarm = Alarm(events.clone());
        work(&questions, |msg| events.send(Happening::Msg(msg)).is_ok());
    });
}

/// Whether the screen is ours at the moment.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether the terminal was asked to tell keys apart.
static KEYS: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours. Dropping gives it back.
struct Screen {
    terminal: Terminal<CrosstermBackend<Drawn>>,
    modes: Modes,
}

/// What a terminal is asked to do besides.
#[derive(Debug, Clone, Copy)]
struct Modes {
    /// Tell what the mouse does.
    mouse: bool,
    /// Tell keys apart that are one byte without it, as Enter and Ctrl+M (kitty's keyboard protocol).
    keys: bool,
}

/// What is drawn at once is written at once: a terminal that is opened as a file has no buffer of its own.
type Drawn = BufWriter<tty::Tty>;

fn terminal() -> io::Result<Terminal<CrosstermBackend<Drawn>>> {
    Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(64 << 10, tty::open()?)))
}

impl Screen {
    fn enter(modes: Modes) -> io::Result<Self> {
        restore_on_panic();
        take(modes)?;
        match terminal() {
            Ok(terminal) => Ok(Self { terminal, modes }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    fn draw(&mut self, state: &State) -> io::Result<()> {
        self.terminal.draw(|frame| {
            if let Some(cursor) = view(state, frame.buffer_mut()) {
                frame.set_cursor_position(cursor);
            }
        })?;
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        give_back();
        // The stop signal itself is ours to handle, so the one that cannot be handled does it.
        signal_hook::low_level::emulate_default_handler(SIGTSTP)?;
        self.resume()
    }

    /// Gives the terminal to somebody else until `work` is done.
    fn lend<T>(&mut self, loan: &Loan, work: impl FnOnce() -> T) -> io::Result<T> {
        loan.lend();
        give_back();
        let done = work();
        loan.end();
        self.resume()?;
        Ok(done)
    }

    fn resume(&mut self) -> io::Result<()> {
        take(self.modes)?;
        // A new terminal knows of nothing on the screen and draws all of it. Clearing the old one would ask the
        // terminal where its cursor is, and wait for the answer behind the thread that reads keys.
        self.terminal = terminal()?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn take(modes: Modes) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let taken = tty::open().and_then(|mut tty| {
        execute!(tty, EnterAlternateScreen, Clear(ClearType::All), EnableBracketedPaste)?;
        if modes.mouse {
            execute!(tty, EnableMouseCapture)?;
        }
        if modes.keys {
            KEYS.store(true, Ordering::SeqCst);
            execute!(tty, PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES))?;
        }
        Ok(())
    });
    if taken.is_err() {
        give_back();
    }
    taken
}

/// Copies by OSC 52 (base64 with padding): the terminal at the user's end does it, also through ssh.
/// Within tmux it is said twice: to tmux, which has a clipboard of its own, and past it, where it allows that.
fn copy(text: &str, tmux: bool) -> Vec<u8> {
    let own = format!("\x1b]52;c;{}\x1b\\", BASE64_STANDARD.encode(text));
    let past = if tmux { format!("\x1bPtmux;{}\x1b\\", own.replace('\x1b', "\x1b\x1b")) } else { String::new() };
    [own.as_bytes(), past.as_bytes()].concat()
}

/// Gives the terminal back. Errors cannot be helped: the terminal may be gone.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = tty::open().and_then(|mut tty| {
            if KEYS.swap(false, Ordering::SeqCst) {
                execute!(tty, PopKeyboardEnhancementFlags)?;
            }
            execute!(tty, DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, Show)
        });
        let _ = disable_raw_mode();
    }
}

/// A panic gives the terminal back before its message is printed, or nobody could read it.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            give_back();
            before(info);
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_copied_reaches_the_terminal_around_tmux() {
        assert_eq!(copy("a", false), b"\x1b]52;c;YQ==\x1b\\");
        assert_eq!(copy("a", true), b"\x1b]52;c;YQ==\x1b\\\x1bPtmux;\x1b\x1b]52;c;YQ==\x1b\x1b\\\x1b\\");
    }
}
