"""The real process: signals while it starts, streams that are closed or full, and settings from its parent process."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from hybridctl.errors import NotDeployed

SCRIPT = [sys.executable, "-m", "hybridctl"]
STREAMS = ["stdin", "stdout", "stderr"]


def start(*words, cwd, environ=None, before=None, **streams):
    given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.Popen(
        [*SCRIPT, *words],
        cwd=cwd,
        env={**os.environ, **(environ or {})},
        preexec_fn=before,  # noqa: PLW1509  (no threads here)
        **given,
    )


def close_streams(*numbers):
    return lambda: [os.close(number) for number in numbers]


@pytest.mark.parametrize(("words", "code"), [(["--help"], 0), (["nosuch"], 2)])
def test_it_ends_with_its_whole_output_and_without_pythons_own_end(words, code):
    line = f"""
import atexit, sys
atexit.register(print, "Python's own end")
sys.argv = ["hybridctl", *{words!r}]
from hybridctl.__main__ import main
main()
"""
    ended, usual = (
        subprocess.run(argv, capture_output=True, text=True, check=False)
        for argv in ([sys.executable, "-c", line], [*SCRIPT, *words])
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, usual.stdout, usual.stderr)
    assert (ended.stdout + ended.stderr).endswith("\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_at_any_moment_of_the_start_ends_with_130_and_no_traceback(project, number):
    """From the first line of hybridctl's own: what Python does before it is not ours."""
    begun = time.monotonic()
    assert start("status", "local", cwd=project).wait() == 3
    length = time.monotonic() - begun
    codes = []
    for part in range(12):
        process = start(
            "status",
            "local",
            cwd=project,
            environ={"PYTHONPROFILEIMPORTTIME": "1"},
            before=lambda: signal.signal(number, signal.SIG_DFL),
        )
        output = b""
        while b"hybridctl.commands.tree" not in output if part > 3 else b"| gc" not in output:
            output += os.read(process.stderr.fileno(), 65536)
        time.sleep(length * part / 40)
        process.send_signal(number)
        output += process.communicate()[1]
        assert b"Traceback" not in output, output[max(0, output.find(b"Traceback") - 300) :][:3000].decode()
        assert b"Exception ignored" not in output
        codes.append(process.returncode)
    assert 130 in codes
    assert set(codes) <= {130, 3}


def test_a_ctrl_c_in_a_finalizer_interrupts_the_work():
    program = """
import time
from hybridctl.wiring import real_context

class Finalizer:
    def __del__(self):
        raise KeyboardInterrupt

context = real_context()
started = time.monotonic()
try:
    Finalizer()
    time.sleep(60)
except KeyboardInterrupt:
    print("interrupted" if time.monotonic() - started < 30 else "late", flush=True)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert (ended.stdout, ended.stderr) == ("interrupted\n", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_the_parent_ignores_is_ignored(project, number):
    process = start("status", "local", cwd=project, before=lambda: signal.signal(number, signal.SIG_IGN))
    for _ in range(20):
        time.sleep(0.01)
        process.send_signal(number)
    assert process.wait() == 3


@pytest.mark.parametrize("words", [["--version"], ["status", "local"], ["--output", "json", "status", "local"]])
@pytest.mark.parametrize("numbers", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_streams_change_nothing(project, words, numbers):
    process = start(*words, cwd=project, before=close_streams(*numbers))
    out, err = process.communicate()
    assert process.returncode == (0 if words == ["--version"] else 3)
    assert b"Traceback" not in out + err
    assert bool(out) == ((1 not in numbers and "local" not in words) or ("json" in words and 1 not in numbers))


def test_a_file_that_is_opened_later_does_not_get_the_number_of_a_closed_stream(project):
    process = start("--events", "run", "--output=json", "status", "local", cwd=project, before=close_streams(0, 1, 2))
    assert process.wait() == 3
    assert [json.loads(line)["event"] for line in (project / "run").read_text().splitlines()] == [
        "begin", "error", "end",
    ]  # fmt: skip


def test_a_parent_that_ignores_its_children_does_not_make_failed_ones_successful(project):
    """Python reads the exit code of a child as 0 if SIGCHLD is ignored: a failed apply would have succeeded."""
    program = "import subprocess, hybridctl.__main__; print(subprocess.run(['false']).returncode)"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN),
        capture_output=True,
        check=False,
    )
    assert ran.stdout == b"1\n"


@pytest.mark.parametrize("words", [["status", "local"], ["init", "my-backend"]])
def test_a_current_folder_that_was_removed_is_named(tmp_path, words):
    folder = tmp_path / "gone"
    folder.mkdir()
    process = start(*words, cwd=folder, before=folder.rmdir)
    assert process.communicate()[1] == (
        b'error: the current folder no longer exists\nhint: change to another one, or run: cd "$PWD"\n'
    )
    assert process.returncode == 2


def test_a_reader_of_stderr_who_has_stopped_delays_the_end_and_not_the_work(project):
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, b"." * select.PIPE_BUF)
    os.set_blocking(writing, True)
    process = start("--events", "run", "status", "local", cwd=project, stderr=writing)
    os.close(writing)
    deadline = time.monotonic() + 20
    while '"end"' not in (project / "run").read_text() if (project / "run").exists() else True:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert process.poll() is None
    with open(reading, "rb") as file:
        assert b"error: local has never been deployed" in file.read()
    assert process.wait() == 3


@pytest.mark.parametrize(
    "environ",
    [
        {"COLUMNS": "²"},
        {"COLUMNS": "9" * 5000},
        {"LINES": "²"},
        {"TZ": "UTC+99"},
        {"SSLKEYLOGFILE": "/nowhere/keys"},
    ],
    ids=["columns", "long", "lines", "zone", "keys"],
)
def test_a_value_of_the_shell_that_a_library_cannot_use_stops_nothing(project, environ):
    """Each made rich, dateutil or urllib3 raise an error."""
    program = """
import sys
from hybridctl.wiring import real_context
context = real_context()
import datetime, dateutil.tz, botocore.httpsession
datetime.datetime.now(dateutil.tz.tzlocal())
botocore.httpsession.URLLib3Session()
context.screen.say("well")
context.screen.err.file.finish()
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | environ, cwd=project, capture_output=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, b"well\n")


def test_a_result_that_a_full_disk_swallows_is_reported(project):
    with open("/dev/full", "w") as full:
        process = start("--help", cwd=project, stdout=full)
        assert b"error: writing the result to stdout: No space left on device" in process.communicate()[1]
        assert process.returncode == 1
        process = start("--output=json", "status", "local", cwd=project, stdout=full, stderr=full)
        assert process.wait() == 3
        process = start("sandbox", "status", cwd=project, stdout=full)
        assert process.wait() == 0


def test_a_reader_that_has_enough_is_not_a_failure(project):
    reading, writing = os.pipe()
    os.close(reading)
    process = start("--help", cwd=project, stdout=writing)
    os.close(writing)
    assert process.communicate()[1] == b""
    assert process.returncode == 0


@pytest.mark.parametrize(
    "environ",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1:strict"},
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_a_word_of_any_locale_is_understood_and_shown(project, environ):
    process = start("--output", "json", "status", "grün→", cwd=project, environ=environ)
    out, err = process.communicate()
    assert process.returncode == 2
    assert "grün→" in json.loads(out)["error"]["message"]
    assert b"gr\\xfcn\\u2192" in err or b"gr\xfcn\\u2192" in err


def test_a_word_that_is_not_utf_8_is_refused_without_being_repeated(project):
    process = start("status", b"\xff\xfe", cwd=project)
    assert process.communicate()[1] == b"error: argument 2 of the command line is not valid UTF-8\n"
    assert process.returncode == 2


def test_a_terminal_that_is_gone_changes_nothing(project):
    master, slave = pty.openpty()
    os.close(master)
    process = start("status", "local", cwd=project, stdin=slave, stdout=slave, stderr=slave)
    assert process.wait() == 3
    os.close(slave)


@pytest.mark.parametrize("words", [["nosuch"], ["status", "--nosuch"], ["nosuch", "local"], ["sessions", "nosuch"]])
@pytest.mark.parametrize("option", [["--output", "json"], ["--output=json"]])
def test_a_mistyped_command_is_a_json_document_too(hybridctl, words, option):
    for argv in ([*option, *words], [*words, *option]):
        ran = hybridctl(*argv)
        assert ran.code == 2
        assert json.loads(ran.out)["error"]["code"] == "usage_invalid"


@pytest.mark.parametrize(
    ("fault", "expected", "code"),
    [
        (RecursionError("maximum recursion depth exceeded"), "nested too deeply", 1),
        (MemoryError(), "out of memory", 1),
        (RuntimeError("can't start new thread"), "can't start new thread", 1),
        (OSError(28, "No space left on device", "/x/y"), "writing /x/y: No space left on device", 1),
        (FileNotFoundError(2, "No usable temporary directory found in ['/tmp']"), "no folder for temporary files", 1),
        (OSError(24, "Too many open files"), "Too many open files", 1),
        (KeyError("bug\x1b[2J"), "unexpected: KeyError: 'bug", 1),
    ],
)
@pytest.mark.parametrize("debug", [[], ["--debug"]])
def test_what_can_fail_anywhere_has_a_name(hybridctl, fault, expected, code, debug):
    def fail():
        raise fault

    ran = hybridctl("status", "local", *debug, backend=type("Backend", (), {"enter": lambda *_: fail()})())
    assert ran.code == code
    assert expected in ran.err
    assert ("Traceback" in ran.err) == bool(debug)
    assert "\x1b" not in ran.err


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_result_that_cannot_be_shown_hides_no_failure(hybridctl, output):
    def fail():
        raise NotDeployed("local is not deployed", hint="hybridctl deploy local", result=object())

    backend = type("Backend", (), {"enter": lambda *_: fail()})()
    ran = hybridctl("--output", output, "status", "local", backend=backend)
    assert ran.code == 3
    assert "error: local is not deployed\nhint: hybridctl deploy local\n" in ran.err


@pytest.mark.parametrize("module", ["typer", "rich", "botocore"])
def test_a_missing_dependency_is_named_without_a_traceback(module):
    program = f"import sys; sys.modules[{module!r}] = None; from hybridctl.__main__ import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", program, "whoami", "staging"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert module in ran.stderr
