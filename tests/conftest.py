"""What all tests share: the CLI run in-process on fakes, and golden transcripts with one update switch."""

import gc
import io
import json
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from rich.console import Console

from fakes import FakeBackend, FakeClock, FakePrerequisites, FakeSandbox, fake_context
from fakes.printers import printer_of
from hybridctl import entrypoint
from hybridctl.adapters.price_list import ListPrices
from hybridctl.commands import tree
from hybridctl.context import Whereabouts
from hybridctl.entrypoint import run
from hybridctl.ports.machine import Checkout, ExistingFunctions
from hybridctl.settings_file import load_settings
from hybridctl.views.render import as_json
from hybridctl.views.screen import Screen
from json_shapes import Shapes
from suite.budget import Budget, read_allowances
from suite.guard import start_guard
from suite.real_provider import RealProvider
from suite.shared_authorities import share_authorities
from suite.shared_models import share_service_models
from suite.warm import stop_servers

# How long an example takes says more about the load of the machine than about the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

TESTS = Path(__file__).parent
WIDTH = 80
SHAPES = pytest.StashKey[Shapes]()
NUMBERS = count()
GUARD = pytest.StashKey["subprocess.Popen[bytes]"]()

TOML = """\
project = "hybrid-ci-cd"
region = "us-east-1"
default_environment = "local"

[environments.local]
sandbox = true

[environments.staging]

[environments.production]
protected = true
account = "111122223333"
"""


@dataclass(frozen=True)
class Ran:
    """One finished run: its code, and both streams."""

    argv: Sequence[str]
    code: int
    out: str
    err: str

    @property
    def transcript(self) -> str:
        command = " ".join(f"'{word}'" if " " in word else word for word in self.argv)
        return f"$ hybridctl {command}\n{self.out}--- stderr ---\n{self.err}--- exit {self.code}\n"


@dataclass
class RecordingScreen(Screen):
    """Also keeps each result as the JSON that it would be printed as."""

    results: list[Any] = field(default_factory=list)

    def result(self, result: object) -> None:
        self.results.append(json.loads(json.dumps(as_json(result))))
        super().result(result)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-schemas", action="store_true", help="widen docs/json by the answers of this run")
    parser.addoption("--update-golden", action="store_true", help="write golden files again instead of comparing")


# Seconds of the long files, measured alone on two cores: they start first, so that the workers finish together.
LONG_FILES = {
    "e2e/test_daily_life.py": 65,
    "faults/test_faults.py": 95,
    "e2e/test_guide.py": 60,
    "faults/test_kills.py": 68,
    "e2e/test_enforced_iam.py": 45,
    "e2e/test_canary.py": 40,
    "e2e/test_sixteen_breaks.py": 37,
    "e2e/test_known_state.py": 34,
    "faults/test_killed_engine.py": 36,
    "sandbox/cloud/test_runtime.py": 30,
    "e2e/test_wheel.py": 27,
    "e2e/test_existing_function.py": 25,
    "e2e/test_workers.py": 24,
    "e2e/test_ten_faults.py": 22,
    "e2e/test_adopted.py": 23,
    "handler/test_application_follow_up.py": 22,
}
LONG_FOLDERS = {"faults": 20, "e2e": 15, "terraform": 14, "sandbox": 10}
# What starts servers, Terraform or long simulations; `make test-fast` leaves it out.
SLOW_FOLDERS = {"e2e", "faults", "sandbox", "terraform", "bench", "suite"}
SLOW_FILES = {
    "adapters/terraform/test_cli_damaged_files.py",
    "adapters/terraform/test_cli_engines.py",
    "adapters/packaging/test_artifacts.py",
    "adapters/packaging/test_machine_code.py",
    "adapters/packaging/test_pip_repositories.py",
    "adapters/packaging/test_requirements.py",
    "adapters/packaging/test_source_files.py",
    "test_files.py",
    "adapters/aws/test_leftovers.py",
    "adapters/aws/test_journal_claims.py",
    "adapters/aws/test_state.py",
    "adapters/aws/test_journal_take_over.py",
    "commands/test_plan_adoption.py",
    "test_entrypoint.py",
    "handler/test_entry_deployed_python.py",
    "adapters/aws/test_logs_faults.py",
    "operations/test_live_tail.py",
    "operations/test_revoke_sessions.py",
}


@cache
def _is_slow(path: Path) -> bool:
    file = path.relative_to(TESTS)
    return file.parts[0] in SLOW_FOLDERS or file.as_posix() in SLOW_FILES


@cache
def _cost_of(path: Path) -> float:
    file = path.relative_to(TESTS)
    return LONG_FILES.get(file.as_posix(), LONG_FOLDERS.get(file.parts[0], 0))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect without the garbage collector: what is imported and collected stays to the end of the run."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(20_000)
        gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no file of which `make test-fast` would leave out all tests."""
    leaves_out = config.option.markexpr == "not slow" and TESTS in collection_path.parents
    return True if leaves_out and _is_slow(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: -_cost_of(item.path))
    for item in items:
        if _is_slow(item.path):
            item.add_marker("slow")


def _is_of_a_fault(report: Any) -> bool:
    return report.nodeid.startswith(("tests/faults/test_kills", "tests/faults/test_faults", "tests/faults/test_races"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table of the fault suite: what was tried and what was survived."""
    ended = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())]
    tried = [report for report in ended if report.when == "call" and _is_of_a_fault(report)]
    if not tried:
        return
    survived = [value for report in tried for name, value in report.user_properties if name == "fault"]
    terminalreporter.section("faults")
    terminalreporter.write_line(f"{'fault':<42} exit   then typed")
    for line in survived:
        terminalreporter.write_line(line)
    failed = [report for report in tried if report.failed]
    for report in failed:
        terminalreporter.write_line(f"{report.nodeid.split('::')[-1]}   NOT SURVIVED")
    terminalreporter.write_line(f"{len(survived) + len(failed)} faults tried, {len(survived)} survived")


def pytest_configure(config: pytest.Config) -> None:
    share_service_models()
    share_authorities()
    entrypoint.build_app = cache(entrypoint.build_app)  # Typer builds each command once in a process, not for each run
    tree.load = cache(tree.load)
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:  # a shell's background job, or nohup: tests send these
            signal.signal(number, usual)
    if not hasattr(config, "workerinput"):
        config.stash[GUARD] = start_guard()
        config.pluginmanager.register(Budget(read_allowances()), "budget")
        config.pluginmanager.register(RealProvider(config), "real provider")
    config.stash[SHAPES] = Shapes(learning=config.getoption("--update-schemas"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    session.config.stash[SHAPES].write()


def pytest_unconfigure(config: pytest.Config) -> None:
    guard = config.stash.get(GUARD, None)
    if guard is not None:
        stop_servers()
        guard.communicate()  # closes its standard input: it ends what the run has left


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with `golden/<name>` beside the test's file."""

    def check(name: str, text: str) -> None:
        path = Path(request.path).parent / "golden" / name
        text = "".join(f"{line.rstrip()}\n" for line in text.splitlines())
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is missing: run pytest --update-golden and read what it wrote"
        assert text == path.read_text(encoding="utf-8")

    return check


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A folder of the test's own. pytest's also counts the folders and links to the newest, at three times the cost."""
    name = re.sub(r"\W", "_", request.node.name)[:25]
    return tmp_path_factory.mktemp(f"{name}-{next(NUMBERS)}", numbered=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty checkout with a valid hybridctl.toml."""
    (tmp_path / "hybridctl.toml").write_text(TOML, encoding="utf-8")
    return tmp_path


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def hybridctl(project: Path, clock: FakeClock, request: pytest.FixtureRequest) -> Callable[..., Ran]:
    """Run a command line in-process on a FakeBackend; `answer` is typed at the terminal, or finds out what is."""

    def invoke(
        *argv: str,
        backend: FakeBackend | None = None,
        sandbox: FakeSandbox | None = None,
        environ: dict[str, str] | None = None,
        answer: str | Callable[[], str] | None = None,
        prerequisites: FakePrerequisites | None = None,
        checkout: Checkout | None = None,
        prices: Callable[[], Any] | None = None,
        open_existing: Callable[[Whereabouts], ExistingFunctions] | None = None,
        width: int = WIDTH,
    ) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        terminal = answer is not None
        stderr = Console(
            file=err, width=width, no_color=True, markup=False, highlight=False, emoji=False, force_terminal=terminal
        )
        if terminal:
            typed = answer if callable(answer) else lambda: answer
            stderr.input = lambda *_args, **_options: typed()  # type: ignore[method-assign,assignment]
        screen = RecordingScreen(
            printer_of(Console(file=out, width=width, no_color=True, markup=False, highlight=False, emoji=False)),
            printer_of(stderr),
            clock,
            answers=lambda: terminal,
        )
        opened: dict[str, Any] = {"load_settings": lambda: load_settings(project, environ or {})}
        if sandbox is not None:
            opened["open_sandbox"] = lambda _settings: sandbox
        if checkout is not None:
            opened["open_checkout"] = lambda _settings: checkout
        if prerequisites is not None:
            opened["open_prerequisites"] = lambda _settings: prerequisites
        if prices is not None:
            opened["open_prices"] = lambda settings: ListPrices(settings.private, prices)
        if open_existing is not None:
            opened["open_existing"] = open_existing
        context = fake_context(project, backend or FakeBackend(), clock, screen, **opened)
        code = run(argv, context)
        request.config.stash[SHAPES].hear_run(argv, out.getvalue(), screen.results)
        return Ran(argv, int(code), out.getvalue(), err.getvalue())

    return invoke
