#!/usr/bin/env python3
"""Measures whole commands: layerscope, dive and the lower bounds on the same files, in turns, with a warm cache.

    python3 benches/whole.py --corpus DIR [--dive PATH] [--write README.md] [--json FILE]
    python3 benches/whole.py --corpus DIR --quick     everything once: shows that nothing is broken, and no figures

DIR has a folder for each image, with the image in all its formats. What is not there is skipped, and said.

The lower bounds are what nobody can do without: `cat` of an archive that is only read (GNU cat really reads and writes
it, in pieces of 128 KiB, also to /dev/null; it costs 0.1 s a gigabyte), `tar -t` of each uncompressed layer, which
seeks over contents, and `igzip -dc` or `zstd -dc` of everything that is compressed.
"""

import argparse
import json
import os
import shutil
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field

import measure
from measure import exponent, interleave, megabytes, seconds, spread, table

# Folders of a corpus that are measured, in this order.
IMAGES = ("small", "medium", "large", "giant", "many", "lazy")

# Where dive is run: once for plain layers, once for compressed ones; the other archives are the same work to it.
FOR_DIVE = ("docker-save.tar", "oci.tar", "medium-estargz.tar", "small-estargz.tar")

# Rules that pass, so that a code which is not 0 means that something is broken.
PASSING = ["--lowestEfficiency=0", "--highestWastedBytes=disabled", "--highestUserWastedPercent=disabled"]


@dataclass(frozen=True)
class Target:
    """What one input is to reach. Times faster than dive (CPU, wall), times the bound at most (CPU), bytes at most."""

    what: str
    image: str
    file: str
    dive: float | None = None
    dive_wall: float | None = None
    bound: str = "cat"
    times: float | None = None
    memory: float | None = None


TARGETS = [
    Target("docker archive, plain layers, 1.0 GB", "medium", "docker-save.tar", 50, None, "cat", 1.0, 64e6),
    Target("the same of 3.0 GB", "large", "docker-save.tar", 60, None, "cat", 1.0, 128e6),
    Target("OCI archive, gzip layers, 1.0 GB", "medium", "oci.tar", 5, 8, "igzip", 1.6, 64e6),
    Target("the same of 3.0 GB", "large", "oci.tar", 10, 15, "igzip", 1.6, 128e6),
    Target("OCI layout, zstd layers, 1.0 GB", "medium", "oci-zstd", None, None, "zstd", 1.2, 64e6),
    Target("the same of 3.0 GB", "large", "oci-zstd", None, None, "zstd", 1.2, 128e6),
    Target("docker archive in gzip, 1.0 GB", "medium", "docker-save.tar.gz", None, None, "igzip", 1.3),
    Target("the same of 3.0 GB", "large", "docker-save.tar.gz", None, None, "igzip", 1.3),
    Target("one giant plain layer, 1.8 GB", "giant", "docker-save.tar", 10, None, "cat", 1.0, 64e6),
    Target("121 small plain layers, 0.2 GB", "many", "docker-save.tar", 40, None, "cat", 1.0, 64e6),
    Target("OCI archive, eStargz layers, 1.0 GB", "lazy", "medium-estargz.tar", 100, None, "igzip", None),
]

# A million entries with 20,000 whiteouts.
MILLION_SECONDS = 3.0
MILLION_BYTES = 256e6
GROWTH = 1.1

# Above its base a point of a growth series has to cost this much to be fitted; below, one sees the noise.
TELLING = 0.005


@dataclass
class Bench:
    """What is there to measure with, and what came of it."""

    layerscope: str
    dive: str | None
    pairs: int
    quick: bool
    targets: bool
    home: str
    temp: str
    skipped: list = field(default_factory=list)
    broken: list = field(default_factory=list)

    def skip(self, what, why):
        """Says what is not measured."""
        self.skipped.append(f"{what}: {why}")
        print(f"skipped: {what}: {why}", flush=True)

    def report(self, path):
        """The command that the targets are about."""
        return [self.layerscope, "report", "--format", "json", "--verify", "off", path]

    def gate(self, path):
        """The command that also checks every digest."""
        return [self.layerscope, "ci", *PASSING, path]

    def run_dive(self, path, limit):
        """dive without anybody's settings."""
        argv = [self.dive, "--ci", *PASSING, f"docker-archive://{path}"]
        return measure.run(argv, limit, {"HOME": self.home, "XDG_CONFIG_HOME": self.home})

    def turns(self, what, jobs, rounds=None, budget=60.0):
        """Runs jobs in turns; what breaks is kept for the end, what takes too long is said."""
        samples, troubles = interleave(jobs, 1 if self.quick else rounds or self.pairs, budget)
        for name, trouble in troubles.items():
            if isinstance(trouble, measure.Failed):
                self.broken.append(f"{what}: {name}: {trouble}")
                print(f"BROKEN: {what}: {name}: {trouble}", flush=True)
            else:
                self.skip(f"{what}: {name}", trouble)
        return samples


# What an input is made of


@dataclass
class Input:
    """One file or folder, and the programs that set its lower bounds."""

    path: str
    bounds: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)


def magic(start):
    """The compression that a stream begins with."""
    if start.startswith(b"\x1f\x8b"):
        return "gzip"
    if start[:4] == b"\x28\xb5\x2f\xfd" or (start[1:4] == b"\x2a\x4d\x18" and start[:1] and start[0] >> 4 == 5):
        return "zstd"
    return "plain"


class Layout:
    """The blobs of an OCI layout directory."""

    def __init__(self, path):
        self.path = path

    def read(self, name):
        with open(os.path.join(self.path, name), "rb") as file:
            return file.read()

    def start(self, name):
        with open(os.path.join(self.path, name), "rb") as file:
            return file.read(6)

    def has(self, name):
        return os.path.isfile(os.path.join(self.path, name))


class Archive:
    """The members of a tar."""

    def __init__(self, path):
        self.tar = tarfile.open(path)
        self.members = {member.name.removeprefix("./"): member for member in self.tar}

    def read(self, name):
        return self.tar.extractfile(self.members[name]).read()

    def start(self, name):
        return self.tar.extractfile(self.members[name]).read(6)

    def has(self, name):
        return name in self.members


def blob(digest):
    """Where a layout keeps a blob."""
    return "blobs/" + digest.replace(":", "/")


def layers(store):
    """The layers of the only image of an OCI layout or docker archive, as (name of the blob, compression), bottom
    first; none for a plain file system."""
    if store.has("index.json"):
        document = json.loads(store.read("index.json"))
        while "manifests" in document:
            document = json.loads(store.read(blob(document["manifests"][0]["digest"])))
        found = [blob(layer["digest"]) for layer in document["layers"]]
        return [(name, magic(store.start(name))) for name in dict.fromkeys(found)]
    if store.has("manifest.json"):
        config = json.loads(store.read(json.loads(store.read("manifest.json"))[0]["Config"]))
        return [(blob(diff_id), "plain") for diff_id in dict.fromkeys(config["rootfs"]["diff_ids"])]
    return None


def programs():
    """The programs of the lower bounds: name -> (executable, the command without files)."""
    return {
        "cat": ("cat", ["cat"]),
        "tar": ("tar", ["sh", "-c", 'for layer; do tar -tf "$layer" || exit; done', "tar"]),
        "igzip": ("igzip", ["igzip", "-dc"]),
        "zstd": ("zstd", ["zstd", "-dcq"]),
    }


def bounds(bench, path, folders):
    """The lower bounds of one input. Layers of an archive are read where another folder has them as files, and are
    unpacked for it where none has."""
    whole = os.path.isfile(path)
    if whole:
        with open(path, "rb") as file:
            if magic(file.read(6)) == "gzip":
                return command(bench, "igzip", [path])
    store = Archive(path) if whole else Layout(path)
    own = layers(store)
    if own is None:
        return {**command(bench, "cat", [path]), **command(bench, "tar", [path])}
    files, missing = {}, []
    for name, compression in own:
        places = [os.path.join(folder, name) for folder in ([path] if not whole else folders)]
        place = next((place for place in places if os.path.isfile(place)), None)
        if place is None and whole and store.has(name):
            place = os.path.join(bench.temp, os.path.basename(name))
            with open(place, "wb") as out:
                shutil.copyfileobj(store.tar.extractfile(store.members[name]), out, 1 << 20)
        if place is None:
            missing.append(name)
        else:
            files.setdefault(compression, []).append(place)
    found = {}
    if missing:
        bench.skip(f"bounds of {os.path.basename(path)}", f"{len(missing)} layers are nowhere a file of their own")
    elif set(files) == {"plain"}:
        found = command(bench, "tar", files["plain"])
    elif len(files) == 1:
        found = command(bench, "igzip" if "gzip" in files else "zstd", next(iter(files.values())))
    else:
        bench.skip(f"bounds of {os.path.basename(path)}", "its layers are compressed in several ways")
    return {**(command(bench, "cat", [path] if whole else sum(files.values(), [])) if files else {}), **found}


def command(bench, name, files):
    """One lower bound over files, if its program is there."""
    executable, argv = programs()[name]
    if shutil.which(executable):
        return {name: [*argv, *files]}
    bench.skip(f"{name} of {os.path.basename(files[0])}", f"there is no {executable}")
    return {}


# Images of the corpus


def formats(folder):
    """Everything in a folder of the corpus that is an image."""
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.endswith((".tar", ".tar.gz")) or os.path.isfile(os.path.join(path, "index.json")):
            yield name, path


def warm(path):
    """Reads files once, so that the cache is warm."""
    files = [path] if os.path.isfile(path) else [os.path.join(top, f) for top, _, own in os.walk(path) for f in own]
    for name in files:
        with open(name, "rb") as file:
            while file.read(1 << 20):
                pass


def measure_image(bench, image, folder):
    """Measures every format of one image; gives (file name, samples by command) for each."""
    own = list(formats(folder))
    aimed = {target.file for target in TARGETS if target.image == image}
    layouts = [path for _, path in own if os.path.isdir(path)]
    for name, path in own:
        what = f"{image}/{name}"
        if bench.targets and name not in aimed:
            bench.skip(what, "no target names it")
            continue
        try:
            limits = bounds(bench, path, layouts)
        except (OSError, KeyError, ValueError, tarfile.TarError) as error:
            bench.broken.append(f"{what}: its bounds: {error!r}")
            limits = {}
        jobs = {"report": lambda path=path: measure.run(bench.report(path))}
        jobs["ci"] = lambda path=path: measure.run(bench.gate(path))
        if bench.dive and name in FOR_DIVE:
            jobs["dive"] = lambda path=path: bench.run_dive(path, 900)
        for bound, argv in limits.items():
            jobs[bound] = lambda argv=argv: measure.run(argv)
        warm(path)
        samples = bench.turns(what, jobs)
        for left in os.listdir(bench.temp):
            os.remove(os.path.join(bench.temp, left))
        print_input(what, samples)
        yield name, samples


def cost(samples):
    """Medians of CPU and wall time, and the largest memory."""
    cpu = measure.Spread.of([sample.cpu for sample in samples])
    wall = measure.Spread.of([sample.wall for sample in samples])
    return cpu, wall, max(sample.rss for sample in samples)


def print_input(what, samples):
    """Everything about one input, as it is measured."""
    print(f"\n{what}")
    ours = samples.get("report", [])
    for name, own in samples.items():
        if not own:
            continue
        cpu, wall, rss = cost(own)
        line = f"  {name:7} cpu {seconds(cpu.median):>7} ({seconds(cpu.low)}-{seconds(cpu.high)}), wall"
        line += f" {seconds(wall.median):>7}, {megabytes(rss):>6}, runs {cpu.count}"
        ratio = measure.ratios(own, ours, "cpu") if name != "report" else None
        if ratio:
            line += f"; that is {spread(ratio)} times the report"
        print(line, flush=True)


# Layers made by hand


def rewritten(index, count):
    """A layer of `count` entries: half of them in every layer again, each time of another size, half its own."""
    half = count // 2
    for name in measure.names(half):
        yield name, 0 if name.endswith(b"/") else index % 400 + 1
    for name in measure.names(count - half, b"opt/layer%d" % index):
        yield name, 0


def plain(count):
    """A layer of `count` files of no content."""
    return ((name, 0) for name in measure.names(count))


def markers(count, below):
    """Whiteouts of `count` files of a layer of `below` entries, spread over it."""
    step = 0.9 * below / count
    made = seen = 0
    for name in measure.names(below):
        if made < count and not name.endswith(b"/"):
            if seen >= made * step:
                yield measure.whiteout(name), 0
                made += 1
            seen += 1


def series(quick):
    """What grows: name -> (base, points); a point is (label, size, layers). The base is what does not grow."""
    few, many = (1000, 10_000) if quick else (10_000, 100_000)
    sizes = (1000, 4000, 16_000) if quick else (10_000, 100_000, 1_000_000)
    # The last is there because less costs too little to be fitted.
    marks = (10, 100, 1000, 8000) if quick else (100, 1000, 10_000, 80_000)
    depths = (1, 4, 16) if quick else (1, 10, 100)
    millions = ((5000, 100), (10_000, 200)) if quick else ((500_000, 10_000), (1_000_000, 20_000))
    empty = [[]]
    return {
        "entries": (empty, [(f"{size:,} entries", size, [plain(size)]) for size in sizes]),
        "whiteouts": (
            [plain(many), []],
            [(f"{size:,} whiteouts on {many:,} entries", size, [plain(many), markers(size, many)]) for size in marks],
        ),
        "layers": (
            empty,
            [
                (f"{size} layers of {few:,} entries", size, [rewritten(index, few) for index in range(size)])
                for size in depths
            ],
        ),
        "entries with whiteouts": (
            empty,
            [
                (f"{size:,} entries with {marks:,} whiteouts", size, [plain(size), markers(marks, size)])
                for size, marks in millions
            ],
        ),
    }


@dataclass
class Point:
    """One size of a growth series."""

    label: str
    size: int
    samples: list
    dive: list
    above: float = 0.0


def measure_series(bench, name, base, points):
    """Measures one growth series; gives its points and its exponent."""
    path = os.path.join(bench.temp, "generated.tar")
    rounds = min(5, bench.pairs)
    dive_too = bool(bench.dive)

    def one(label, own):
        measure.write_image(path, own)
        jobs = {"report": lambda: measure.run(bench.report(path))}
        if dive_too and label:
            jobs["dive"] = lambda: bench.run_dive(path, 60)
        samples = bench.turns(f"generated, {label or 'base'}", jobs, rounds, 30)
        os.remove(path)
        return samples

    below = one("", base)["report"]
    if not below:
        return [], None
    constant = cost(below)[0].median
    print(f"\ngenerated: growth in {name}; {seconds(constant)} cpu for what does not grow")
    done = []
    for label, size, own in points:
        samples = one(label, own)
        if not samples["report"]:
            continue
        # What dive did not end in time it does not end for more either.
        dive_too = dive_too and bool(samples.get("dive"))
        point = Point(label, size, samples["report"], samples.get("dive", []))
        cpu, wall, rss = cost(point.samples)
        point.above = cpu.median - constant
        done.append(point)
        line = f"  {label}: cpu {seconds(cpu.median)} ({seconds(cpu.low)}-{seconds(cpu.high)}), wall"
        line += f" {seconds(wall.median)}, {megabytes(rss)}"
        if point.dive:
            line += f"; dive {seconds(cost(point.dive)[0].median)}, {megabytes(cost(point.dive)[2])}"
        print(line, flush=True)
    fit = exponent([(point.size, point.above) for point in done if point.above >= TELLING])
    print(f"  exponent of growth: {growth_words(fit, done)}", flush=True)
    return done, fit


def growth_words(fit, points):
    """An exponent, or why there is none."""
    if fit is not None:
        return f"{fit:.2f}"
    return f"too small to tell ({seconds(max(points[-1].above, 0))} for the largest)" if points else "not measured"


# Verdicts and the table


def verdicts(targets, results):
    """Each target with what was reached: (target, name, median, spread or None, limit, met)."""
    found = []
    for target in targets:
        samples = results.get((target.image, target.file), {})
        ours = samples.get("report", [])
        if not ours:
            continue
        against = [("dive, CPU", "dive", "cpu", target.dive), ("dive, wall", "dive", "wall", target.dive_wall)]
        for name, other, figure, limit in against:
            reached = measure.ratios(samples.get(other, []), ours, figure) if limit else None
            if reached:
                found.append((target, name, reached, limit, reached.median >= limit))
        reached = measure.ratios(ours, samples.get(target.bound, []), "cpu") if target.times else None
        if reached:
            found.append((target, "bound", reached, target.times, reached.median <= target.times))
        if target.memory:
            memory = measure.Spread.of([sample.rss for sample in ours])
            found.append((target, "memory", memory, target.memory, memory.high <= target.memory))
    return found


def verdict_lines(found):
    """All verdicts, one a line."""
    for target, name, reached, limit, met in found:
        word = "met   " if met else "MISSED"
        if name == "memory":
            yield f"{word} {target.image}/{target.file}: memory {megabytes(reached.high)}, at most {megabytes(limit)}"
        elif name == "bound":
            yield f"{word} {target.image}/{target.file}: {spread(reached)} times {target.bound}, at most {limit}"
        else:
            yield f"{word} {target.image}/{target.file}: {spread(reached)} times faster than {name}, at least {limit}"


def written(value, limit, met):
    """A figure with its target, in a cell."""
    return f"{value}; target {limit}{'' if met else ', missed'}"


def cells(target, samples, found):
    """The row of one target in the table of the README."""
    by_name = {name: entry for own, name, *entry in found if own is target}

    def figures(name):
        own = samples.get(name, [])
        return f"{seconds(cost(own)[0].median)}, {megabytes(cost(own)[2])}" if own else "-"

    faster = []
    for name, label in (("dive, CPU", ""), ("dive, wall", "wall ")):
        if name in by_name:
            reached, limit, met = by_name[name]
            faster.append(label + written(spread(reached), f"{limit:g}", met))
    bound = samples.get(target.bound, [])
    below = f"`{target.bound}` {seconds(cost(bound)[0].median)}" if bound else "-"
    if bound and "bound" in by_name:
        reached, limit, met = by_name["bound"]
        below += f": {written(spread(reached), f'{limit:g}', met)}"
    ours = figures("report")
    if "memory" in by_name:
        _, limit, met = by_name["memory"]
        ours += f" (target {megabytes(limit)}{'' if met else ', missed'})"
    return [target.what, ours, figures("ci"), figures("dive"), "<br>".join(faster) or "-", below]


def markdown(bench, results, grown, found):
    """What the README shows."""
    head = ["input", "`report`", "`ci`, which verifies", "dive 0.13.1", "times faster than dive", "lower bound"]
    rows = []
    for target in TARGETS:
        samples = results.get((target.image, target.file))
        if samples and samples.get("report"):
            rows.append(cells(target, samples, found))
    parts = [f"Measured on: {measure.machine()}. Median CPU time and largest memory of"]
    rounds = 1 if bench.quick else bench.pairs
    parts[0] += f" {rounds} run{'s' if rounds > 1 else ''} (fewer of what takes more than 20 s); ratios are those of runs"
    parts[0] += " side by side, with the smallest and the largest."
    if rows:
        parts.append(table(head, rows))
    if grown:
        words = [f"{growth_words(fit, points)} in {name}" for name, (points, fit) in grown.items()]
        largest = grown.get("entries with whiteouts", ([], None))[0]
        line = f"Growth of CPU time (exponent; 1 is linear, target {GROWTH}): {', '.join(words)}."
        if largest:
            cpu, _, rss = cost(largest[-1].samples)
            line += f" {largest[-1].label}: {written(seconds(cpu.median), '3 s', cpu.median <= MILLION_SECONDS)};"
            line += f" {written(megabytes(rss), megabytes(MILLION_BYTES), rss <= MILLION_BYTES)}."
        parts.append(line)
    return "\n\n".join(parts)


def growth_verdicts(grown, quick):
    """The targets of the generated images; small ones have none."""
    for name, (points, fit) in grown.items():
        if fit is not None and not quick:
            yield f"{'met   ' if fit <= GROWTH else 'MISSED'} growth in {name}: exponent {fit:.2f}, at most {GROWTH}"
    points = grown.get("entries with whiteouts", ([], None))[0]
    if points and not quick:
        cpu, _, rss = cost(points[-1].samples)
        good = cpu.median <= MILLION_SECONDS
        yield f"{'met   ' if good else 'MISSED'} {points[-1].label}: {seconds(cpu.median)}, at most 3 s"
        good = rss <= MILLION_BYTES
        yield f"{'met   ' if good else 'MISSED'} {points[-1].label}: {megabytes(rss)}, at most {megabytes(MILLION_BYTES)}"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", help="the folder with a folder for each image")
    parser.add_argument("--dive", default=shutil.which("dive"), help="dive's program [that on the PATH]")
    parser.add_argument("--layerscope", default="target/release/layerscope", help="[%(default)s]")
    parser.add_argument("--pairs", type=int, default=10, help="how often everything runs [%(default)s]")
    parser.add_argument("--only", default=",".join((*IMAGES, "generated")), help="names, with commas between [all]")
    parser.add_argument("--targets", action="store_true", help="of the images only what has a target: a third of the time")
    parser.add_argument("--quick", action="store_true", help="everything once, generated layers small")
    parser.add_argument("--write", metavar="FILE", help="put the table between its markers in this file")
    parser.add_argument("--json", metavar="FILE", help="write every single measurement to this file")
    return parser.parse_args()


def main():
    """Measures what is asked for and there; exit code 1 if a command broke, never for a figure."""
    measure.end_in_order()
    args = arguments()
    wanted = args.only.split(",")
    results, grown = {}, {}
    with tempfile.TemporaryDirectory() as temp, tempfile.TemporaryDirectory() as home:
        program = os.path.abspath(args.layerscope)
        bench = Bench(program, args.dive, max(1, args.pairs), args.quick, args.targets, home, temp)
        print(f"{measure.machine()}; memory below {megabytes(measure.floor())} cannot be told")
        if not bench.dive:
            bench.skip("dive", "there is no dive on the PATH, and no --dive")
        for image in (image for image in IMAGES if image in wanted):
            folder = os.path.join(args.corpus or "", image)
            if not args.corpus or not os.path.isdir(folder):
                bench.skip(image, "the corpus does not have it" if args.corpus else "there is no --corpus")
                continue
            for name, samples in measure_image(bench, image, os.path.abspath(folder)):
                results[image, name] = samples
        if "generated" in wanted:
            for name, (base, points) in series(args.quick).items():
                grown[name] = measure_series(bench, name, base, points)
    finish(bench, args, results, grown)
    return 1 if bench.broken else 0


def finish(bench, args, results, grown):
    """Writes what is to be written."""
    found = verdicts(TARGETS, results)
    text = markdown(bench, results, grown, found)
    print("\n" + text + "\n")
    for line in (*verdict_lines(found), *growth_verdicts(grown, args.quick)):
        print(line)
    print(f"\nskipped: {len(bench.skipped)}", *bench.skipped, sep="\n  ")
    print(f"broken: {len(bench.broken)}", *bench.broken, sep="\n  ")
    if args.write:
        measure.write_between(args.write, "measured", text)
    if args.json:
        own = {"/".join(key): samples for key, samples in results.items()}
        generated = {point.label: point.samples for points, _ in grown.values() for point in points}
        measure.write_json(args.json, {"machine": measure.machine(), "inputs": own, "generated": generated})


if __name__ == "__main__":
    sys.exit(main())
