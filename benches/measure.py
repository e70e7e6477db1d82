"""What the measuring scripts share: running programs, statistics, Markdown, and layers made by hand.

Python's standard library only. Times are seconds, sizes bytes, unless a name says otherwise.
"""

import contextlib
import hashlib
import json
import math
import os
import platform
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

MEGA = 1e6


@dataclass(frozen=True)
class Sample:
    """One run of one command: user and system CPU of it and its children, wall time, peak resident bytes."""

    cpu: float
    wall: float
    rss: int


class Failed(Exception):
    """A command ended with a code that means failure, or could not be started."""


class TimedOut(Exception):
    """A command was stopped at its time limit."""


def run(argv, limit=600.0, env=None, stdin=None):
    """Runs a command to its end, its output thrown away, and says what it cost.

    `os.wait4` gives the figures of exactly this child and of what it waited for. Peak memory is never below that of
    this script (a child starts as its copy), which `floor` measures.
    """
    source = open(stdin, "rb") if stdin else subprocess.DEVNULL
    begin = time.perf_counter()
    try:
        child = subprocess.Popen(
            argv,
            stdin=source,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C", **(env or {})},
            # A function here makes Python fork, not vfork: a child that shares this script's memory until it is another
            # program would begin with all of its peak.
            preexec_fn=os.setsid,
        )
    except OSError as error:
        raise Failed(f"{argv[0]}: {error}") from error
    finally:
        if stdin:
            source.close()
    return _wait(child, argv, begin, limit)


def _wait(child, argv, begin, limit):
    stopped = False

    def stop(*_):
        nonlocal stopped
        stopped = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        said = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begin
    except BaseException:
        stop()
        child.wait()
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        child.stderr.close()
    child.returncode = os.waitstatus_to_exitcode(status)
    if stopped:
        raise TimedOut(f"{argv[0]}: more than {limit:g} s")
    if child.returncode != 0:
        words = said.decode("utf-8", "replace").strip().splitlines()
        raise Failed(f"{' '.join(argv)[:200]}: code {child.returncode}: {' / '.join(words[-3:])}")
    return Sample(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024)


def end_in_order():
    """Makes a request to end one that cleans up: temporary files go, and so does the child that is measured."""

    def leave(*_):
        sys.exit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, leave)


def floor():
    """The least peak memory that `run` can tell: that of a program which does nothing."""
    return run(["true"]).rss


def interleave(jobs, rounds, budget=60.0):
    """Runs jobs (name -> function that gives a Sample) in turns: A B C, A B C, …, so that what else happens on the
    machine meets all of them alike.

    A job whose first run takes more than a third of `budget` seconds stays for as many turns as fit the budget, two
    at least. A job that is stopped at its limit or fails is left out from then on. Returns the samples by name, and
    what went wrong by name.
    """
    samples = {name: [] for name in jobs}
    troubles = {}
    turns = dict.fromkeys(jobs, rounds)
    for turn in range(rounds):
        for name, job in jobs.items():
            if name in troubles or turn >= turns[name]:
                continue
            try:
                sample = job()
            except (Failed, TimedOut) as error:
                troubles[name] = error
                continue
            samples[name].append(sample)
            if sample.wall > budget / 3:
                turns[name] = min(rounds, max(2, int(budget / sample.wall)))
    return samples, troubles


@dataclass(frozen=True)
class Spread:
    """A median with the smallest and the largest value."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values):
        """Of at least one value."""
        return cls(statistics.median(values), min(values), max(values), len(values))


def ratios(above, below, field):
    """The ratios of one figure, pair by pair: each run against the one that ran beside it."""
    pairs = [(getattr(a, field), getattr(b, field)) for a, b in zip(above, below)]
    usable = [a / b for a, b in pairs if b > 0]
    return Spread.of(usable) if usable else None


def exponent(points):
    """The exponent of growth: the slope of the least-squares line through (log size, log cost).

    Points without positive size and cost are left out; none if fewer than two sizes are left.
    """
    logs = [(math.log(size), math.log(cost)) for size, cost in points if size > 0 and cost > 0]
    if len({x for x, _ in logs}) < 2:
        return None
    mean_x = statistics.fmean(x for x, _ in logs)
    mean_y = statistics.fmean(y for _, y in logs)
    over = sum((x - mean_x) * (y - mean_y) for x, y in logs)
    return over / sum((x - mean_x) ** 2 for x, _ in logs)


def percentile(values, share):
    """The smallest value that at least `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


# Markdown


def seconds(value):
    """Seconds for people, two digits that matter: `0.12 s`, `7.4 s`, `41 s`, below 0.1 s milliseconds."""
    if value < 0.0995:
        return f"{value * 1000:.0f} ms" if value >= 0.00995 else f"{value * 1000:.1f} ms"
    return f"{value:.2f} s" if value < 0.995 else f"{value:.1f} s" if value < 9.95 else f"{value:.0f} s"


def times(value):
    """A ratio for people: two digits that matter where it is small."""
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 19.95 else f"{value:.0f}"


def spread(value):
    """A ratio with its spread: `82 (79-85)`."""
    return f"{times(value.median)} ({times(value.low)}-{times(value.high)})"


def megabytes(value):
    """Bytes as millions of them."""
    return f"{value / MEGA:.0f} MB"


def table(head, rows):
    """A Markdown table; a `|` in a cell is escaped."""

    def line(cells):
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    return "\n".join([line(head), "|" + "---|" * len(head), *map(line, rows)])


def replace_between(text, name, inside):
    """The text with what stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->` replaced."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    head, found_begin, rest = text.partition(begin)
    _, found_end, tail = rest.partition(end)
    if not (found_begin and found_end):
        raise Failed(f"the file has no {begin} … {end}")
    return f"{head}{begin}\n{inside.strip()}\n{end}{tail}"


def write_between(path, name, inside):
    """Puts text between the markers of a file."""
    with open(path, encoding="utf-8") as file:
        text = replace_between(file.read(), name, inside)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def write_json(path, value):
    """Everything that was measured, for programs."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1, default=lambda own: asdict(own) if hasattr(own, "cpu") else str(own))
        file.write("\n")


def machine():
    """What was measured on, in a few words."""
    model = next((line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "")
    cores = len(os.sched_getaffinity(0))
    return f"{model or platform.machine()}, {cores} cores, {platform.system()} {platform.release().split('-')[0]}"


def _lines(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except OSError:
        return []


# Images made by hand


BLOCK = 512
_NUMBERS = b"%07o\0%07o\0%07o\0%011o\0%011o\0"


def _template(kind, mode, size):
    """A ustar header without its name, and the sum of its bytes with a blank checksum."""
    fields = _NUMBERS % (mode, 0, 0, size, 1_700_000_000) + b" " * 8 + kind
    block = (bytes(100) + fields).ljust(257, b"\0") + b"ustar\00000"
    block = block.ljust(BLOCK, b"\0")
    return block[100:148], block[156:], sum(block)


def headers(entries):
    """The bytes of a tar of entries (name as bytes, size); a name that ends in `/` is a directory. Names are at most
    100 bytes long. A content is as many bytes `x`. Headers are put together from templates: a million take two seconds.
    """
    templates = {}
    for name, size in entries:
        key = (name.endswith(b"/"), size)
        if key not in templates:
            templates[key] = _template(b"5", 0o755, 0) if key[0] else _template(b"0", 0o644, size)
        numbers, rest, checksum = templates[key]
        if len(name) > 100:
            raise ValueError(name)
        yield b"%b%b%06o\0 %b" % (name.ljust(100, b"\0"), numbers, checksum + sum(name), rest)
        if size:
            yield (b"x" * size).ljust(-(-size // BLOCK) * BLOCK, b"\0")
    yield bytes(2 * BLOCK)


def names(count, root=b"usr/lib/node_modules"):
    """`count` paths like those of a package manager: directories of 24 files, 40 of them in a package. All are
    entries of their own, directories too."""
    made = 0
    package = 0
    while made < count:
        yield b"%b/package%05d/" % (root, package)
        made += 1
        for folder in range(40):
            if made >= count:
                break
            yield b"%b/package%05d/dist%02d/" % (root, package, folder)
            made += 1
            for file in range(min(24, count - made)):
                yield b"%b/package%05d/dist%02d/module%02d.js" % (root, package, folder, file)
                made += 1
        package += 1


def whiteout(path):
    """The marker that removes a path."""
    folder, _, name = path.rstrip(b"/").rpartition(b"/")
    return folder + b"/.wh." + name


def write_image(path, layers):
    """Writes a docker archive of layers (each an iterable of entries for `headers`), layer by layer as it is made."""
    diff_ids = []
    with open(path, "wb") as out:
        for index, entries in enumerate(layers):
            diff_ids.append(_write_layer(out, b"layer%d.tar" % index, entries))
        config = {
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": [{"created_by": f"generated layer {index}"} for index in range(len(diff_ids))],
        }
        manifest = [
            {
                "Config": "config.json",
                "RepoTags": ["generated:1"],
                "Layers": [f"layer{index}.tar" for index in range(len(diff_ids))],
            }
        ]
        for name, document in ((b"config.json", config), (b"manifest.json", manifest)):
            text = json.dumps(document).encode()
            out.write(_header(name, len(text)) + text.ljust(-(-len(text) // BLOCK) * BLOCK, b"\0"))
        out.write(bytes(2 * BLOCK))


def _header(name, size):
    numbers, rest, checksum = _template(b"0", 0o644, size)
    return b"%b%b%06o\0 %b" % (name.ljust(100, b"\0"), numbers, checksum + sum(name), rest)


def _write_layer(out, name, entries):
    """Writes one member whose size is known only afterwards; gives its diff ID."""
    place = out.tell()
    out.write(bytes(BLOCK))
    digest = hashlib.sha256()
    size = 0
    piece = bytearray()
    for block in headers(entries):
        piece += block
        if len(piece) >= 1 << 20:
            digest.update(piece)
            out.write(piece)
            size += len(piece)
            piece.clear()
    digest.update(piece)
    out.write(piece)
    size += len(piece)
    end = out.tell()
    out.seek(place)
    out.write(_header(name, size))
    out.seek(end)
    return "sha256:" + digest.hexdigest()
