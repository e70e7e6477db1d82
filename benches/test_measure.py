"""The helpers of the measuring scripts: `python3 -m unittest discover benches`."""

import io
import os
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import keys  # noqa: E402
import measure  # noqa: E402


class Statistics(unittest.TestCase):
    def test_the_exponent_is_that_of_the_power(self):
        for power in (0.5, 1, 2):
            points = [(size, 3e-6 * size**power) for size in (100, 1000, 10_000)]
            self.assertAlmostEqual(measure.exponent(points), power)

    def test_what_cannot_be_fitted_has_no_exponent(self):
        self.assertIsNone(measure.exponent([(10, 1.0)]))
        self.assertIsNone(measure.exponent([(10, 1.0), (100, 0.0), (1000, -0.1)]))
        self.assertIsNone(measure.exponent([(10, 1.0), (10, 2.0)]))

    def test_ratios_are_taken_pair_by_pair(self):
        above = [measure.Sample(cpu, 1, 1) for cpu in (10, 20, 60)]
        below = [measure.Sample(cpu, 1, 1) for cpu in (1, 4, 6, 99)]
        self.assertEqual(measure.ratios(above, below, "cpu"), measure.Spread(10, 5, 10, 3))
        self.assertIsNone(measure.ratios(above, [], "cpu"))

    def test_percentiles_are_values_that_were_measured(self):
        values = list(range(1, 21))
        self.assertEqual(measure.percentile(values, 0.5), 10)
        self.assertEqual(measure.percentile(values, 0.95), 19)
        self.assertEqual(measure.percentile([7], 0.95), 7)


class Running(unittest.TestCase):
    def test_a_run_tells_what_it_cost(self):
        busy = measure.run([sys.executable, "-c", "sum(range(3_000_000)); b = bytearray(80_000_000)"])
        self.assertGreater(busy.cpu, 0.01)
        self.assertGreater(busy.wall, 0.01)
        self.assertGreater(busy.rss, 80e6)

    def test_failures_and_limits_are_told_apart(self):
        with self.assertRaisesRegex(measure.Failed, "code 3: no such thing"):
            measure.run(["sh", "-c", "echo no such thing >&2; exit 3"])
        with self.assertRaises(measure.Failed):
            measure.run(["/nonexistent/program"])
        with self.assertRaises(measure.TimedOut):
            measure.run(["sh", "-c", "sleep 30 & wait"], limit=0.2)

    def test_jobs_take_turns_and_slow_ones_fewer(self):
        order = []

        def job(name, wall):
            def once():
                order.append(name)
                return measure.Sample(wall, wall, 1)

            return once

        def broken():
            order.append("broken")
            raise measure.Failed("no")

        jobs = {"fast": job("fast", 1), "slow": job("slow", 30), "broken": broken}
        samples, troubles = measure.interleave(jobs, 4, budget=60)
        self.assertEqual(order, ["fast", "slow", "broken", "fast", "slow", "fast", "fast"])
        self.assertEqual({name: len(own) for name, own in samples.items()}, {"fast": 4, "slow": 2, "broken": 0})
        self.assertEqual(list(troubles), ["broken"])


class Markdown(unittest.TestCase):
    def test_figures_have_the_digits_that_matter(self):
        self.assertEqual([measure.seconds(v) for v in (0.0042, 0.042, 0.42, 4.2, 42)],
                         ["4.2 ms", "42 ms", "0.42 s", "4.2 s", "42 s"])
        self.assertEqual(measure.spread(measure.Spread(82.4, 1.234, 103, 3)), "82 (1.23-103)")

    def test_a_table_is_put_between_its_markers(self):
        text = "a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n"
        inside = measure.table(["h", "i"], [["1|2", 3]])
        self.assertEqual(inside, "| h | i |\n|---|---|\n| 1\\|2 | 3 |")
        new = measure.replace_between(text, "x", inside)
        self.assertEqual(new, f"a\n<!-- x:begin -->\n{inside}\n<!-- x:end -->\nb\n")
        self.assertEqual(measure.replace_between(new, "x", inside), new)
        with self.assertRaises(measure.Failed):
            measure.replace_between("no markers", "x", inside)


class Screens(unittest.TestCase):
    def test_text_stands_where_the_cursor_was_moved(self):
        screen = keys.Screen()
        screen.feed(b"\x1b[?1049h\x1b[2J\x1b[1;3H\x1b[1;31m12\x1b[0m layers\x1b[40;119Hxyz\x1b[2;1Ha\r\nb")
        self.assertEqual(screen.line(0), "  12 layers")
        self.assertEqual((screen.line(1), screen.line(2)), ("a", "b"))
        self.assertTrue(screen.line(39).endswith("xy"))
        screen.feed(b"\x1b[1;5H\x1b[K")
        self.assertEqual(screen.line(0), "  12")

    def test_pieces_may_end_anywhere(self):
        whole = "\x1b[3;2H┌─ Layers ─┐\x1b[38;5;4m·\x1b]0;title\x07é\x1b[4;1H|".encode()
        expected = keys.Screen()
        expected.feed(whole)
        self.assertEqual(expected.line(2), " ┌─ Layers ─┐·é")
        for cut in range(1, len(whole)):
            screen = keys.Screen()
            screen.feed(whole[:cut])
            screen.feed(whole[cut:])
            self.assertEqual(screen.text(), expected.text(), cut)

    def test_the_marks_of_a_start_are_told_apart(self):
        screen = keys.Screen()
        screen.feed("\x1b[4;2Hstandard input: 12.3 MB of 1.0 GB read".encode())
        self.assertEqual([mark(screen) for mark in keys.MARKS.values()], [True, False, False])
        screen.feed("\x1b[1;1Hacme/app:1 · 6 layers · 18 paths\x1b[3;1H┌─ Layers".encode())
        self.assertEqual([mark(screen) for mark in keys.MARKS.values()], [True, True, False])
        screen.feed("\x1b[1;40Hwaste 1 B · efficiency 53.3%".encode())
        self.assertEqual([mark(screen) for mark in keys.MARKS.values()], [True, True, True])


class Images(unittest.TestCase):
    def test_there_are_as_many_names_as_asked_for(self):
        for count in (1, 2, 30, 1001, 5000):
            made = list(measure.names(count))
            self.assertEqual((len(made), len(set(made))), (count, count))

    def test_another_reader_finds_what_was_written(self):
        entries = [(b"d/", 0), (b"d/f", 700), (measure.whiteout(b"d/g"), 0), (measure.whiteout(b"e/"), 0)]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "image.tar")
            measure.write_image(path, [entries, [(b"one", 1)]])
            with tarfile.open(path) as outer:
                self.assertEqual(outer.getnames(), ["layer0.tar", "layer1.tar", "config.json", "manifest.json"])
                layer = outer.extractfile("layer0.tar").read()
        with tarfile.open(fileobj=io.BytesIO(layer)) as inner:
            found = [(member.name, member.size, member.isdir()) for member in inner]
        self.assertEqual(found, [("d", 0, True), ("d/f", 700, False), ("d/.wh.g", 0, False), ("/.wh.e", 0, False)])


if __name__ == "__main__":
    unittest.main()
