#!/usr/bin/env python3
"""Measures the explorer in a pseudo-terminal: how long until the first frame, and from a key to the screen it makes.

    python3 benches/keys.py --corpus DIR [--presses 50] [--write README.md] [--json FILE]
    python3 benches/keys.py --corpus DIR --quick      everything once, on small images

A key is over when the explorer is idle: no output and no CPU time of any of its threads for a while. `first` is the
time from the key to the first output, `settled` that to the last. All of it is wall time as a user sees it: measure on
a machine that does nothing else.
"""

import argparse
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

import measure
from measure import megabytes, percentile, seconds, table

ROWS, COLUMNS = 40, 120

# How long nothing may happen before a screen is taken to be settled, and how long it may take at most.
QUIET = 0.04
LIMIT = 120.0

FRAME_TARGET = 0.100
KEY_TARGET = 0.016
FIND_TARGET = 0.050
PATH_TARGET = 150

# The question what is behind the text, and what a terminal with a black background says to it.
ASKED = b"\x1b]11;?"
KEYS_ASKED = b"\x1b[?u"
KEYS_ANSWER = b"\x1b[?62c"
ANSWER = b"\x1b]10;rgb:ffff/ffff/ffff\x1b\\\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?62c"


class Screen:
    """What a terminal shows, as far as the explorer uses one: text, cursor moves, erasing; styles are dropped."""

    SEQUENCE = re.compile(rb"\x1b\[([?>=]?)([0-9;]*)([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()].|\x1b[=>78cM]")

    def __init__(self):
        self.cells = [[" "] * COLUMNS for _ in range(ROWS)]
        self.row = self.column = 0
        self.left = b""

    def feed(self, data):
        """Takes output in pieces of any size."""
        data = self.left + data
        self.left = b""
        place = 0
        while place < len(data):
            if data[place] == 0x1B:
                found = self.SEQUENCE.match(data, place)
                if not found:
                    if len(data) - place < 64:
                        self.left = data[place:]
                        return
                    place += 1
                    continue
                if found[3]:
                    self._control(found[1], found[2].decode(), found[3])
                place = found.end()
                continue
            end = data.find(b"\x1b", place)
            end = len(data) if end < 0 else end
            text = data[place:end]
            if end == len(data):
                text = self._whole(text)
            for char in text.decode("utf-8", "replace"):
                self._put(char)
            place = end

    def _whole(self, text):
        """Without the beginning of a character whose rest is still to come."""
        for back in range(1, min(4, len(text)) + 1):
            byte = text[-back]
            if byte >= 0xC0:
                if back < (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4):
                    self.left = text[-back:]
                    return text[:-back]
                break
            if byte < 0x80:
                break
        return text

    def _put(self, char):
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self.row = min(ROWS - 1, self.row + 1)
        elif char >= " " and self.row < ROWS and self.column < COLUMNS:
            self.cells[self.row][self.column] = char
            self.column += 1

    def _control(self, private, arguments, final):
        numbers = [int(number) if number else 0 for number in arguments.split(";")]
        if private:
            return
        if final in b"Hf":
            self.row = min(ROWS, max(1, numbers[0])) - 1
            self.column = min(COLUMNS, max(1, numbers[1] if len(numbers) > 1 else 1)) - 1
        elif final == b"C":
            self.column = min(COLUMNS - 1, self.column + max(1, numbers[0]))
        elif final == b"J":
            self.cells = [[" "] * COLUMNS for _ in range(ROWS)]
        elif final == b"K":
            self.cells[self.row][self.column :] = [" "] * (COLUMNS - self.column)

    def line(self, row):
        """One row."""
        return "".join(self.cells[row]).rstrip()

    def text(self):
        """All rows."""
        return "\n".join(self.line(row) for row in range(ROWS))


class Explorer:
    """The explorer at work in a terminal of its own."""

    def __init__(self, argv, piped=None):
        """Starts it; `piped` is a file that comes through a pipe on its standard input."""
        self.source = subprocess.Popen(["cat", piped], stdout=subprocess.PIPE) if piped else None
        self.screen = Screen()
        self.begin = time.perf_counter()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            self._become(argv)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        if self.source:
            self.source.stdout.close()

    def _become(self, argv):
        try:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            if self.source:
                os.dup2(self.source.stdout.fileno(), 0)
            for name in ("NO_COLOR", "CI", "HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
                os.environ.pop(name, None)
            os.environ["TERM"] = "xterm-256color"
            os.execv(argv[0], argv)
        finally:
            os._exit(127)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Ends it, whatever state it is in."""
        for end in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(self.pid, end)
            except ProcessLookupError:
                break
            if self._is_over(2.0):
                break
        os.close(self.terminal)
        if self.source:
            self.source.kill()
            self.source.wait()

    def _is_over(self, patience):
        until = time.perf_counter() + patience
        while time.perf_counter() < until:
            self.read(0.01)
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                return True
        return False

    def read(self, patience):
        """What it writes within some time; when that came, and whether it is over."""
        if not select.select([self.terminal], [], [], patience)[0]:
            return None
        try:
            data = os.read(self.terminal, 1 << 16)
        except OSError:
            data = b""
        now = time.perf_counter()
        if data:
            if ASKED in data:
                os.write(self.terminal, ANSWER)
            if KEYS_ASKED in data:
                os.write(self.terminal, KEYS_ANSWER)
            self.screen.feed(data)
            return now
        return None

    def watch(self, marks, limit=LIMIT):
        """Seconds from its start until the screen shows each of the marks (name -> function of the screen)."""
        found = {}
        while len(found) < len(marks):
            if time.perf_counter() - self.begin > limit or _state(self.pid) == "Z":
                missing = ", ".join(name for name in marks if name not in found)
                raise measure.Failed(f"no {missing} on the screen:\n{self.screen.text().strip()}")
            came = self.read(0.02)
            for name, shown in marks.items() if came is not None else ():
                if name not in found and shown(self.screen):
                    found[name] = came - self.begin
        return found

    def busy(self):
        """Nanoseconds of CPU that all its threads had so far."""
        total = 0
        for task in _listed(f"/proc/{self.pid}/task"):
            try:
                with open(f"/proc/{self.pid}/task/{task}/schedstat", encoding="ascii") as file:
                    total += int(file.read().split()[0])
            except (OSError, IndexError, ValueError):
                continue
        return total

    def settle(self):
        """Waits until it is idle; the times of its first and of its last output, none if there was no output."""
        first = last = None
        start = time.perf_counter()
        still, spent = start, self.busy()
        while time.perf_counter() - start < LIMIT:
            came = self.read(QUIET / 4)
            if came is not None:
                first, last, still = first or came, came, came
                continue
            busy = self.busy()
            if busy != spent:
                spent, still = busy, time.perf_counter()
            elif time.perf_counter() - still > QUIET:
                return first, last
        raise measure.Failed("the explorer never came to rest")

    def press(self, key):
        """Presses a key on an idle explorer; seconds to the first and to the last output, none if there was none."""
        begin = time.perf_counter()
        os.write(self.terminal, key)
        first, last = self.settle()
        return None if first is None else (first - begin, last - begin)

    def memory(self):
        """Resident bytes: now, and at most so far."""
        with open(f"/proc/{self.pid}/status", encoding="ascii", errors="replace") as file:
            found = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB$", file.read(), re.MULTILINE))
        return int(found["VmRSS"]) * 1024, int(found["VmHWM"]) * 1024


def _listed(path):
    try:
        return os.listdir(path)
    except OSError:
        return []


def _state(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


# What the screen says


def shows_layers(screen):
    """The first frame: the head names the image, and the list of layers has rows."""
    return re.search(r"\d layers?\b", screen.line(0)) is not None and re.search(r"[┌┏][─━] Layers", screen.text()) is not None


def shows_bytes(screen):
    """An image that is still being opened: how much of it was read."""
    return shows_layers(screen) or re.search(r"\d [kMG]?B (of .* )?read", screen.text()) is not None


def shows_totals(screen):
    """Everything is known."""
    return "efficiency" in screen.line(0)


# First frames


MARKS = {"bytes": shows_bytes, "layers": shows_layers, "totals": shows_totals}


# Seconds after which an input that takes long to be read is not opened once more, three times done.
ENOUGH = 30.0


def first_frames(layerscope, rounds, path, piped):
    """Opens an image again and again; the times of each mark."""
    times = {name: [] for name in MARKS}
    for turn in range(rounds):
        if turn >= 3 and sum(times["totals"]) > ENOUGH:
            break
        with Explorer([layerscope, "-" if piped else path], path if piped else None) as explorer:
            for name, came in explorer.watch(MARKS).items():
                times[name].append(came)
    return times


# Keys

TAB, ENTER, ESCAPE, PAGE_DOWN, PAGE_UP = b"\t", b"\r", b"\x1b", b"\x1b[6~", b"\x1b[5~"
CONTROL_A, CONTROL_L, CONTROL_D, CONTROL_U = b"\x01", b"\x0c", b"\x04", b"\x15"

# (group, name, keys that go before and are not measured, keys that are pressed in turn and are)
SCENES = [
    ("lens", "j in layers", [], [b"j"] * 3 + [b"k"] * 3),
    ("lens", "[ ]", [], [b"[", b"[", b"]", b"]"]),
    ("lens", "=", [], [b"=", b"=", b"="]),
    ("lens", "^A ^L", [], [CONTROL_A, CONTROL_L]),
    ("opening", "*", [CONTROL_A, TAB, b"-"], [b"*", b"-"]),
    ("moving", "j k", [b"*"], [b"j", b"j", b"j", b"k", b"k"]),
    ("moving", "PgDn PgUp", [], [PAGE_DOWN, PAGE_DOWN, PAGE_DOWN, PAGE_UP]),
    ("moving", "^D ^U", [], [CONTROL_D, CONTROL_D, CONTROL_U]),
    ("moving", "G gg", [], [b"G", b"\x1b[H"]),
    ("opening", "Space", [b"j", b"j"], [b" "]),
    ("sorting", "s", [], [b"s"]),
    ("sorting", "S", [], [b"S"]),
    ("kinds", "c", [], [b"c"]),
    ("kinds", "a m r u", [], [b"a", b"a", b"m", b"m", b"r", b"r", b"u", b"u"]),
    ("kinds", "!", [], [b"!"]),
    ("filter", "/module17", [], [b"/", *(bytes([c]) for c in b"module17"), ESCAPE]),
    ("filter", "/size:>100 *.js", [], [b"/", *(bytes([c]) for c in b"size:>100 *.js"), ESCAPE]),
    ("filter", "/is:removed", [], [b"/", *(bytes([c]) for c in b"is:removed"), ESCAPE]),
    ("filter", "n N", [b"/", *(bytes([c]) for c in b"index7"), ENTER], [b"n", b"n", b"N"]),
    ("find", "f module17", [ESCAPE], [b"f", *(bytes([c]) for c in b"module17"), ESCAPE]),
    ("find", "f opt index js", [], [b"f", *(bytes([c]) for c in b"opt index js"), ESCAPE]),
    ("views", "i Esc", [ESCAPE, ESCAPE], [b"i", ESCAPE]),
    ("views", "Tab", [], [TAB]),
    ("views", "2 4 1", [], [b"2", b"4", b"1"]),
    ("moving", "j in waste", [b"2"], [b"j", b"j", b"k"]),
    ("views", "1", [], [b"1", b"2"]),
]


def press_all(explorer, presses):
    """All scenes, each with so many presses; scene -> (first, settled) in seconds, and how many showed nothing."""
    found = {}
    for group, name, before, keys in SCENES:
        for key in before:
            explorer.press(key)
        samples, nothing, pressed = [], 0, 0
        while pressed < presses or pressed % len(keys):
            took = explorer.press(keys[pressed % len(keys)])
            pressed += 1
            if took is None:
                nothing += 1
            else:
                samples.append(took)
        found[group, name] = (samples, nothing)
    return found


def big_image(path, count):
    """An image of about `count` paths in ten layers that add, rewrite and remove."""
    base = count * 73 // 100

    def sized(names):
        for index, name in enumerate(names):
            yield name, index % 400 + 1 if index % 16 == 0 and not name.endswith(b"/") else 0

    def layer(index):
        yield from sized(measure.names(count * 3 // 100, b"opt/layer%d" % index))
        for name in measure.names(count // 200):
            yield name, 0 if name.endswith(b"/") else index
        step = base // 10 // max(1, count // 1000)
        for at, name in enumerate(measure.names(base)):
            if at % (10 * step) == index * step and not name.endswith(b"/") and at > count // 200:
                yield measure.whiteout(name), 0

    measure.write_image(path, [sized(measure.names(base)), *(layer(index) for index in range(1, 10))])


def measure_keys(layerscope, what, path, presses):
    """All keys on one image."""
    with Explorer([layerscope, path]) as explorer:
        explorer.watch({"figures": shows_totals})
        explorer.settle()
        now, peak = explorer.memory()
        paths = re.search(r"([\d,]+) paths", explorer.screen.line(0))
        paths = int(paths[1].replace(",", "")) if paths else 0
        print(f"\n{what}: {explorer.screen.line(0).strip()}")
        each = f", {now / paths:.0f} bytes a path" if paths > 100_000 else ""
        print(f"  memory {megabytes(now)} when ready, {megabytes(peak)} at most{each}")
        found = press_all(explorer, presses)
    for (group, name), (samples, nothing) in found.items():
        print(f"  {group:8} {name:17} {words(samples)}{f'; {nothing} of them showed nothing' if nothing else ''}", flush=True)
    return found


def words(samples):
    """Median and 95th percentile of both times."""
    if not samples:
        return "nothing was shown"
    parts = []
    for label, index in (("first", 0), ("settled", 1)):
        values = [sample[index] for sample in samples]
        parts.append(f"{label} {seconds(percentile(values, 0.5)):>6}, p95 {seconds(percentile(values, 0.95)):>6}")
    return f"{'; '.join(parts)}; {len(samples)} presses"


def grouped(found):
    """The samples of all scenes of a group."""
    groups = {}
    for (group, _), (samples, _) in found.items():
        groups.setdefault(group, []).extend(samples)
    return {group: samples for group, samples in groups.items() if samples}


# Everything


def inputs(corpus, quick):
    """What is opened for its first frame: (what, path, through a pipe)."""
    images = ("small",) if quick else ("medium", "large", "giant", "many")
    for image in images:
        for file, piped in (("docker-save.tar", False), ("oci-gzip", False), ("oci.tar", False)):
            yield f"{image}/{file}", os.path.join(corpus, image, file), piped
    for image in ("small",) if quick else ("medium", "large"):
        yield f"{image}/docker-save.tar.gz", os.path.join(corpus, image, "docker-save.tar.gz"), False
        yield f"{image}/docker-save.tar, pipe", os.path.join(corpus, image, "docker-save.tar"), True


def markdown(frames, groups, args):
    """What the README shows."""
    parts = []
    if frames:
        rows = []
        for what, times in frames.items():
            row = [what]
            for name in ("bytes", "layers", "totals"):
                row.append(f"{seconds(percentile(times[name], 0.5))} ({seconds(max(times[name]))})")
            rows.append(row)
        parts.append(f"Measured on: {measure.machine()}. From start to what the screen shows, wall time, median and worst of {args.rounds} (three where it takes long; target"
                     f" {seconds(FRAME_TARGET)} to the layers, or to the bytes read where it is not read by position):")
        parts.append(table(["input", "bytes read, or layers", "layers", "all figures"], rows))
    if groups:
        rows = []
        for group, samples in groups.items():
            row = [group]
            for index in (0, 1):
                values = [sample[index] for sample in samples]
                row.append(f"{seconds(percentile(values, 0.5))}, {seconds(percentile(values, 0.95))}")
            rows.append(row)
        parts.append(f"From a key to the screen at {args.paths:,} paths, wall time, median and 95th percentile of at"
                     f" least {args.presses} presses of each key (target {seconds(KEY_TARGET)}, until a search has"
                     f" settled {seconds(FIND_TARGET)}):")
        parts.append(table(["keys", "first output", "settled"], rows))
    return "\n\n".join(parts)


def verdicts(frames, found):
    """Each target with what was reached."""
    for what, times in frames.items():
        at_once = what.endswith((".gz", "pipe"))
        reached = percentile(times["bytes" if at_once else "layers"], 0.5)
        name = "bytes read or layers" if at_once else "layers"
        yield f"{'met   ' if reached <= FRAME_TARGET else 'MISSED'} {what}: {name} after {seconds(reached)}, at most 100 ms"
    for (group, name), (samples, _) in found.items():
        if not samples:
            continue
        # What is typed is seen at once, what it finds among all paths a little later.
        searches = group in ("filter", "find")
        for index, what, target in ((0, "to the first output", KEY_TARGET), (1, "until settled", FIND_TARGET if searches else KEY_TARGET)):
            reached = percentile([sample[index] for sample in samples], 0.95)
            word = "met   " if reached <= target else "MISSED"
            yield f"{word} {group} {name}: {seconds(reached)} {what} at the 95th percentile, at most {target * 1000:.0f} ms"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", help="the folder with a folder for each image")
    parser.add_argument("--layerscope", default="target/release/layerscope", help="[%(default)s]")
    parser.add_argument("--presses", type=int, default=50, help="how often each key is pressed at least [%(default)s]")
    parser.add_argument("--rounds", type=int, default=10, help="how often an image is opened [%(default)s]")
    parser.add_argument("--paths", type=int, default=1_000_000, help="of the generated image [%(default)s]")
    parser.add_argument("--quick", action="store_true", help="everything once, on small images")
    parser.add_argument("--write", metavar="FILE", help="put the tables between their markers in this file")
    parser.add_argument("--json", metavar="FILE", help="write every single measurement to this file")
    return parser.parse_args()


def main():
    """Measures what is there; exit code 1 if the explorer broke, never for a figure."""
    measure.end_in_order()
    args = arguments()
    if args.quick:
        args.presses, args.rounds, args.paths = 1, 1, 20_000
    layerscope = os.path.abspath(args.layerscope)
    broken, frames, all_keys = [], {}, {}

    def attempt(what, job):
        try:
            return job()
        except (measure.Failed, OSError) as error:
            broken.append(f"{what}: {error}")
            print(f"BROKEN: {what}: {error}", flush=True)
            return None

    print(measure.machine())
    for what, path, piped in inputs(args.corpus, args.quick) if args.corpus else ():
        if not os.path.exists(path):
            print(f"skipped: {what}: the corpus does not have it")
            continue
        times = attempt(what, lambda path=path, piped=piped: first_frames(layerscope, args.rounds, path, piped))
        if times:
            frames[what] = times
            shown = (f"{name} {seconds(percentile(own, 0.5))} (worst {seconds(max(own))})" for name, own in times.items())
            print(f"{what}: {', '.join(shown)}", flush=True)
    if not args.corpus:
        print("skipped: first frames of real images: there is no --corpus")
    with tempfile.TemporaryDirectory() as temp:
        path = os.path.join(temp, "generated.tar")
        big_image(path, args.paths)
        what = f"generated, {args.paths:,} paths"
        times = attempt(what, lambda: first_frames(layerscope, args.rounds, path, False))
        frames.update({what: times} if times else {})
        all_keys["generated"] = attempt(what, lambda: measure_keys(layerscope, what, path, args.presses))
    real = os.path.join(args.corpus or "", "small" if args.quick else "medium", "docker-save.tar")
    if args.corpus and os.path.exists(real):
        what = "/".join(real.split(os.sep)[-2:])
        all_keys["real"] = attempt(what, lambda: measure_keys(layerscope, what, real, args.presses))
    finish(args, frames, all_keys)
    print(f"\nbroken: {len(broken)}", *broken, sep="\n  ")
    return 1 if broken else 0


def finish(args, frames, all_keys):
    """Writes what is to be written."""
    generated = all_keys.get("generated") or {}
    text = markdown(frames, grouped(generated), args)
    print("\n" + text + "\n")
    for line in verdicts(frames, generated):
        print(line)
    if args.write:
        measure.write_between(args.write, "explorer", text)
    if args.json:
        keys = {what: {" ".join(name): own for name, own in (found or {}).items()} for what, found in all_keys.items()}
        measure.write_json(args.json, {"machine": measure.machine(), "frames": frames, "keys": keys})


if __name__ == "__main__":
    sys.exit(main())
