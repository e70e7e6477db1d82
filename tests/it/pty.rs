//! A pseudo-terminal with the program in it, and the screen that it draws.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Nothing that a test waits for may take longer.
const LIMIT: Duration = Duration::from_mins(1);

/// Without output for so long, the program has drawn all that it wants to.
const QUIET: Duration = Duration::from_millis(400);

/// The question what is behind the text (OSC 11), as its end comes after the question who is there (DA1).
const ASKED: &[u8] = b"\x1b]11;?";

/// The question whether keys can be told apart (kitty's keyboard protocol), which comes before another DA1.
const KEYS_ASKED: &[u8] = b"\x1b[?u";

/// What a terminal says to it that cannot, and what one that can.
const KEYS_ANSWERS: [&[u8]; 2] = [b"\x1b[?62c", b"\x1b[?0u\x1b[?62c"];

/// What a terminal with a black background says to both.
const ANSWER: &[u8] = b"\x1b]10;rgb:ffff/ffff/ffff\x1b\\\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?62c";

/// What came out so far.
struct Output {
    parser: vt100::Parser,
    raw: Vec<u8>,
    ended: bool,
}

/// The program, running.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keys: Arc<Mutex<Box<dyn Write + Send>>>,
    child: Box<dyn Child + Send + Sync>,
    output: Arc<(Mutex<Output>, Condvar)>,
    reader: JoinHandle<()>,
}

/// How it ended: exit code, everything that it wrote, and the terminal that it left behind.
pub struct Ended {
    pub code: u32,
    pub raw: Vec<u8>,
    pub screen: vt100::Screen,
}

fn size(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

fn pty_size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

impl Terminal {
    /// Starts the program with these arguments.
    pub fn start(arguments: &[&str], columns: u16, rows: u16) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_layerscope"));
        command.args(arguments);
        Self::start_command(command, columns, rows)
    }

    /// Starts any command, in an environment that is the same everywhere.
    pub fn start_command(mut command: CommandBuilder, columns: u16, rows: u16) -> Self {
        if command.get_cwd().is_none() {
            command.cwd(env!("CARGO_MANIFEST_DIR"));
        }
        for name in ["CI", "COLORTERM", "COLORFGBG", "COLUMNS", "LINES", "LC_ALL"] {
            command.env_remove(name);
        }
        if command.get_env("NO_COLOR").is_none_or(|value| value != "1") {
            command.env_remove("NO_COLOR");
        }
        // Whoever runs the tests has settings of their own; those that a test gives are others.
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "VISUAL", "EDITOR"] {
            if command.get_env(name) == std::env::var_os(name).as_deref() {
                command.env_remove(name);
            }
        }
        if command.get_env("TERM").is_none_or(|term| term != "xterm-kitty") {
            command.env("TERM", "xterm-256color");
        }
        command.env("LANG", "C.UTF-8");
        let tells_keys = command.get_env("TERM").is_some_and(|term| term == "xterm-kitty");
        let pair = native_pty_system().openpty(pty_size(columns, rows)).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let parser = vt100::Parser::new(size(rows), size(columns), 0);
        let output = Arc::new((Mutex::new(Output { parser, raw: Vec::new(), ended: false }), Condvar::new()));
        let mut from = pair.master.try_clone_reader().unwrap();
        let shared = Arc::clone(&output);
        let keys = Arc::new(Mutex::new(pair.master.take_writer().unwrap()));
        let answers = Arc::clone(&keys);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 16384];
            loop {
                // The end of a pseudo-terminal is an error on Linux.
                let count = from.read(&mut buffer).unwrap_or(0);
                let mut output = shared.0.lock().unwrap();
                output.parser.process(&buffer[..count]);
                if find(&buffer[..count], ASKED) {
                    answers.lock().unwrap().write_all(ANSWER).unwrap();
                }
                if find(&buffer[..count], KEYS_ASKED) {
                    answers.lock().unwrap().write_all(KEYS_ANSWERS[usize::from(tells_keys)]).unwrap();
                }
                output.raw.extend(&buffer[..count]);
                output.ended = count == 0;
                shared.1.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        Self { master: pair.master, keys, child, output, reader }
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        let mut typed = self.keys.lock().unwrap();
        // Who has left does not listen.
        let _ = typed.write_all(keys.as_bytes()).and_then(|()| typed.flush());
    }

    /// Whether the program has not ended.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until the screen is as wanted, and hands it back.
    pub fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) -> vt100::Screen {
        let (output, changed) = &*self.output;
        let waiting = |output: &mut Output| !output.ended && !wanted(&output.parser.screen().contents());
        let (output, _) = changed.wait_timeout_while(output.lock().unwrap(), LIMIT, waiting).unwrap();
        let contents = output.parser.screen().contents();
        assert!(wanted(&contents), "never seen: {what}\n{contents}");
        output.parser.screen().clone()
    }

    /// Waits until a text is on the screen.
    pub fn see(&self, text: &str) -> vt100::Screen {
        self.wait(text, |screen| screen.contains(text))
    }

    /// Waits until nothing has been drawn for a while: a frame may come in pieces.
    pub fn settled(&self) -> vt100::Screen {
        let (output, changed) = &*self.output;
        let mut output = output.lock().unwrap();
        loop {
            let before = output.raw.len();
            let same = |output: &mut Output| output.raw.len() == before;
            let (after, waited) = changed.wait_timeout_while(output, QUIET, same).unwrap();
            if waited.timed_out() || after.ended {
                return after.parser.screen().clone();
            }
            output = after;
        }
    }

    /// Everything that was written so far, as it came.
    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.output.0.lock().unwrap().raw).into_owned()
    }

    /// Changes the size of the window.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.output.0.lock().unwrap().parser.screen_mut().set_size(size(rows), size(columns));
        self.master.resize(pty_size(columns, rows)).unwrap();
    }

    /// Sends a signal, by the name that `kill` knows.
    pub fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap().to_string();
        let command = format!("kill -{name} {id}");
        assert!(std::process::Command::new("sh").args(["-c", &command]).status().unwrap().success());
    }

    /// Waits for the end of the program and of its output.
    pub fn end(mut self) -> Ended {
        {
            let (output, changed) = &*self.output;
            let waiting = |output: &mut Output| !output.ended;
            let (output, waited) = changed.wait_timeout_while(output.lock().unwrap(), LIMIT, waiting).unwrap();
            assert!(!waited.timed_out(), "it does not end\n{}", output.parser.screen().contents());
        }
        let code = self.child.wait().unwrap().exit_code();
        self.reader.join().unwrap();
        let output = self.output.0.lock().unwrap();
        Ended { code, raw: output.raw.clone(), screen: output.parser.screen().clone() }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

impl Ended {
    /// Demands that the terminal is as it was: main screen, cursor, no mouse, no bracketed paste, no leftover style.
    pub fn is_restored(&self) -> &Self {
        let tail = self.raw[self.raw.len().saturating_sub(400)..].escape_ascii().to_string();
        assert!(!self.screen.alternate_screen(), "the alternate screen was left: {tail}");
        assert!(!self.screen.hide_cursor(), "the cursor is shown: {tail}");
        assert_eq!(self.screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is off: {tail}");
        assert!(!self.screen.bracketed_paste(), "bracketed paste is off: {tail}");
        self
    }

    /// Demands an exit code.
    pub fn with_code(&self, code: u32) -> &Self {
        assert_eq!(self.code, code, "{}", self.screen.contents());
        self
    }
}
