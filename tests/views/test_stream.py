"""Streams that are closed, full, dead or of another encoding: nothing raises, nothing is lost that can be shown."""

import io
import json
import os
import pty
import select
import subprocess
import sys
import termios
import threading
from contextlib import suppress

import pytest
from rich.console import Console

from fakes import FakeClock
from fakes.printers import printer_of
from hybridctl.domain.environment import Consent
from hybridctl.domain.smoke import Check, SmokeReport
from hybridctl.errors import NeedsConsent, NotDeployed
from hybridctl.views.console import open_console
from hybridctl.views.printer import Printer
from hybridctl.views.rows import Rows
from hybridctl.views.screen import Output, Screen
from hybridctl.views.stream import ReaderGone, Stream, VisibleStream

HOSTILE = "a[/]b[red]c:smile:\x1b[2J\x07\r\x9b31m\u202e\u200b\ufeff\U000e0041\udc80é✓"
SHOWN = "a[/]b[red]c:smile:\\x1b[2J\\x07\\x0d\\x9b31m\\u202e\\u200b\\ufeff\\U000e0041\\udc80é✓"
REPORT = SmokeReport("version 1", (Check(HOSTILE, False, 3.0, HOSTILE),), version="1", build=HOSTILE)


def make_abandoned_pipe():
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def dead_terminal():
    master, slave = pty.openpty()
    os.close(master)
    return slave


def full_disk():
    return os.open("/dev/full", os.O_WRONLY)


def make_closed():
    return None


FAULTS = [make_abandoned_pipe, dead_terminal, full_disk, make_closed]


def stream_on(fault):
    descriptor = fault()
    if descriptor is not None:
        return Stream(open(descriptor, "w", encoding="utf-8"))
    file = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    file.close()
    return Stream(file)


@pytest.mark.parametrize("unbuffered", [False, True], ids=["", "PYTHONUNBUFFERED=1"])
def test_each_line_of_stderr_can_be_read_at_once(unbuffered):
    reading, writing = os.pipe()
    raw = io.FileIO(writing, "w")
    given = io.TextIOWrapper(raw if unbuffered else io.BufferedWriter(raw), "utf-8", write_through=unbuffered)
    if not unbuffered:
        given.reconfigure(line_buffering=True)
    stream = Stream(given, held=True)
    stream.write("built\n")
    assert select.select([reading], [], [], 5)[0] == [reading]
    assert os.read(reading, 100) == b"built\n"
    os.close(reading)
    given.close()


def test_text_that_is_left_when_python_ends_does_not_hold_it_up():
    code = "import sys; from hybridctl.views.stream import Stream; s = Stream(sys.stderr, held=True); s.write('left')"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=20)
    assert ran.stderr == "left"


def screen_on(out, err, output=Output.TEXT):
    return Screen(Printer(out, {}), Printer(err, {}), FakeClock(), output=output, answers=lambda: True)


@pytest.mark.parametrize("output", list(Output))
@pytest.mark.parametrize("fault", FAULTS)
def test_a_screen_that_nobody_can_read_raises_nothing(fault, output):
    out, err = stream_on(fault), stream_on(fault)
    screen = screen_on(out, err, output)
    screen.say("note")
    screen.say(REPORT)
    with screen.progress().step("build") as step:
        step.now("now")
    with pytest.raises(ZeroDivisionError), screen.progress().step("shift"):
        raise ZeroDivisionError
    with pytest.raises(KeyboardInterrupt), screen.progress().step("watch"):
        raise KeyboardInterrupt
    screen.result(REPORT)
    screen.plain("value")
    screen.lines([[("line", "red")]])
    screen.error(NotDeployed("local is not deployed", hint="hybridctl deploy local", result=REPORT))
    out.flush()
    assert out.lost is not None
    assert err.lost is not None
    assert (screen.lost is not None) == (fault is full_disk)
    with pytest.raises(ReaderGone):
        screen.must_have_reader()


def test_a_result_that_is_still_buffered_is_known_to_be_lost():
    out = stream_on(full_disk)
    screen = screen_on(out, out)
    screen.plain("value")
    assert "No space left" in str(screen.lost)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_question_to_a_dead_terminal_gets_no_answer(fault):
    screen = screen_on(stream_on(fault), stream_on(fault))
    with pytest.raises(NeedsConsent, match="there is no terminal"):
        screen.consent("Deploy to staging", "staging", Consent.CONFIRM, given=False)


@pytest.mark.parametrize("typed", ["", None])
def test_a_terminal_that_goes_away_unanswered_is_no_answer(monkeypatch, typed):
    master, slave = pty.openpty()
    err = Stream(open(slave, "w", encoding="utf-8"))  # noqa: SIM115
    screen = screen_on(err, err)
    keyboard = open(os.dup(slave), encoding="utf-8")  # noqa: SIM115
    monkeypatch.setattr(sys, "stdin", keyboard if typed is None else io.StringIO(typed))
    if typed is None:
        os.close(master)
    with pytest.raises(NeedsConsent):
        screen.consent("Deploy to staging", "staging", Consent.CONFIRM, given=False)
    if typed is not None:
        os.close(master)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8", "utf-16"])
def test_what_an_encoding_lacks_is_written_as_an_escape(encoding):
    raw = io.BytesIO()
    stream = Stream(io.TextIOWrapper(raw, encoding=encoding))
    screen = screen_on(stream, stream)
    screen.plain(HOSTILE)
    screen.say(HOSTILE)
    screen.result(REPORT)
    with screen.progress().step("build") as step:
        step.done(HOSTILE)
    stream.flush()
    text = raw.getvalue().decode(encoding)
    assert text.count("a[/]b[red]c:smile:\\x1b[2J\\x07\\x0d\\x9b31m\\u202e\\u200b\\ufeff\\U000e0041\\udc80") >= 4
    expected = {"ascii": "\\xe9\\u2713", "latin-1": "é\\u2713", "cp1252": "é\\u2713"}.get(encoding, "é✓")
    assert text.splitlines()[0].endswith(expected)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_json_is_json_in_every_encoding(encoding):
    raw = io.BytesIO()
    stream = Stream(io.TextIOWrapper(raw, encoding=encoding))
    screen_on(stream, stream, Output.JSON).json({"é✓\x7f\u202e": float("nan")})
    assert json.loads(raw.getvalue().decode(encoding)) == {"é✓\x7f\u202e": None}


def test_text_printed_past_the_screen_goes_through_the_filter():
    raw = io.BytesIO()
    visible = VisibleStream(Stream(io.TextIOWrapper(raw, encoding="utf-8")))
    print(HOSTILE, file=visible, flush=True)
    visible.writelines([HOSTILE])
    visible.flush()
    assert raw.getvalue().decode() == f"{SHOWN}\n{SHOWN}"


def test_colours_of_ours_reach_a_terminal_and_those_in_data_do_not(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    master, slave = pty.openpty()
    stream = Stream(open(slave, "w", encoding="utf-8"))  # noqa: SIM115
    screen = screen_on(stream, stream)
    screen.lines([[("\x1b[32mno\nline", "red")]])
    screen.error(NotDeployed("\x1b[32mno"))
    assert stream.lost is None
    output, watched = b"", select.poll()
    watched.register(master, select.POLLIN)
    while output.count(b"\n") < 2 and watched.poll(10_000):
        output += os.read(master, 4096)
    answer = output.decode()
    os.close(master)
    assert "\x1b[31m\\x1b[32mno\\nline\x1b[0m" in answer
    assert "\x1b[31merror: \\x1b[32mno\x1b[0m" in answer


def test_a_message_at_a_terminal_is_folded_between_words_and_never_inside_an_address():
    address = 'module.observability.aws_cloudwatch_metric_alarm.this["sessions-write-throttles"]'
    file = io.StringIO()
    console = Console(file=file, width=40, force_terminal=True)
    screen = Screen(Printer(Stream(file), {}), printer_of(console), FakeClock())
    screen.say(f"the plan is refused because somebody changed {address} by hand a week ago")
    lines = file.getvalue().splitlines()
    assert address in [line.strip() for line in lines]
    assert all(len(line) <= 40 for line in lines if address not in line)


def fill(descriptor):
    """Fill a pipe or a terminal: the next write to it waits for a reader."""
    os.set_blocking(descriptor, False)
    for size in (512, 1):
        with suppress(BlockingIOError):
            while True:
                os.write(descriptor, b"." * size)
    os.set_blocking(descriptor, True)


class Reader(threading.Thread):
    """Reads the other end until the text `until` has come."""

    def __init__(self, descriptor, until):
        super().__init__(daemon=True)
        self._descriptor, self._until = descriptor, until
        self._read = b""
        self.start()

    def run(self):
        watched = select.poll()
        watched.register(self._descriptor, select.POLLIN)
        while self._until not in self._read and watched.poll(10_000):
            self._read += os.read(self._descriptor, 65536)

    def end(self):
        self.join()
        os.close(self._descriptor)
        return self._read.decode().lstrip(".")


@pytest.mark.parametrize("is_set_before", [True, False])
def test_a_stream_that_another_program_makes_non_blocking_takes_everything(is_set_before):
    """The flag belongs to all who share the terminal or pipe: ssh sets it, and counts on it."""
    reading, writing = os.pipe()
    os.set_blocking(writing, not is_set_before)
    stream = Stream(open(writing, "w", encoding="utf-8"))  # noqa: SIM115
    os.set_blocking(writing, False)
    text = "é" * 200_000 + "end"
    reader = Reader(reading, b"end")
    stream.write(text)
    stream.flush()
    assert reader.end() == text
    assert (stream.lost, os.get_blocking(writing)) == (None, False)


def stop_pipe():
    reading, writing = os.pipe()
    fill(writing)
    return reading, writing


def fill_terminal():
    master, slave = pty.openpty()
    fill(slave)
    return master, slave


def stop_terminal():
    """As Ctrl-S stops it."""
    master, slave = pty.openpty()
    termios.tcflow(slave, termios.TCOOFF)
    return master, slave


@pytest.mark.parametrize("stop", [stop_pipe, fill_terminal, stop_terminal])
def test_a_reader_who_stops_reading_stops_no_work_and_gets_all_of_it_later(stop, monkeypatch):
    monkeypatch.setattr("hybridctl.outlet.PATIENCE", 0.05)
    reading, writing = stop()
    err = Stream(open(writing, "w", encoding="utf-8"), held=True)  # noqa: SIM115
    screen = screen_on(Stream(io.StringIO()), err)
    worked = []

    def work():
        for name in ("apply", "watch", "take back"):
            with screen.progress().step(name) as step:
                step.now("now")
                worked.append(name)
        screen.error(NotDeployed("the end"))

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(10)
    assert (worker.is_alive(), worked) == (False, ["apply", "watch", "take back"])
    if stop is stop_terminal:
        termios.tcflow(writing, termios.TCOON)
    reader = Reader(reading, b"the end")
    err.finish()
    output = reader.end()
    assert [name for name in (*worked, "error: the end") if name not in output] == []
    assert err.lost is None


def test_of_what_nobody_reads_the_newest_is_kept(monkeypatch):
    monkeypatch.setattr("hybridctl.outlet.PATIENCE", 0.05)
    monkeypatch.setattr("hybridctl.outlet.KEPT", 100)
    reading, writing = stop_pipe()
    err = Stream(open(writing, "w", encoding="utf-8"), held=True)  # noqa: SIM115
    for number in range(50):
        err.write(f"line {number}\n")
        err.flush()
    reader = Reader(reading, b"line 49\n")
    err.finish()
    held = reader.end()
    assert held.startswith("line 0\n")  # on its way when the reader stopped
    assert held.endswith("line 48\nline 49\n")
    assert held.splitlines()[:2] == ["line 0", "line 38"]  # whole lines


@pytest.mark.parametrize("width", [20, 40, 80])
def test_a_row_goes_on_beneath_itself_and_breaks_no_word(width):
    address = 'module.observability.aws_cloudwatch_metric_alarm.this["sessions-write-throttles"]'
    rows = Rows([("one", f"{address} source_code_hash, publish and more words than fit"), ("second", "short")])
    file = io.StringIO()
    console = open_console(Stream(file), {"COLUMNS": str(width)})
    console.print(rows, crop=False)
    lines = [line.rstrip() for line in file.getvalue().splitlines()]
    assert lines[0] == f"one     {address}"
    assert lines[-1] == "second  short"
    assert all(
        line.startswith(" " * 8) and len(line) <= max(width, 8 + len("source_code_hash,")) for line in lines[1:-1]
    )
    assert " ".join(line.strip() for line in lines[1:-1]) == "source_code_hash, publish and more words than fit"
