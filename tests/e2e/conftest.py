"""A checkout of its own with a sandbox of its own, and the real CLI in a subprocess."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from hybridctl.sandbox.home import HeldLock, Home
from suite.guard import MARK
from suite.warm import find_hybridctl

REPOSITORY = Path(__file__).resolve().parents[2]
HANDLER = "lambda_src/backend/endpoints.py"


@dataclass(frozen=True)
class Run:
    """One finished command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def all(self) -> str:
        return f"exit {self.code}\n{self.out}\n{self.err}"


@dataclass
class Clone:
    """A checkout at `root`, used with an empty home directory and no credentials."""

    root: Path
    home: Path
    more: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What a new user's shell has: a PATH, and nothing of AWS or Terraform."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TF_CLI_CONFIG_FILE", MARK) if name in os.environ}
        scripts = f"{find_hybridctl().parent}:{Path(sys.executable).parent}"
        return kept | {"PATH": f"{scripts}:{kept['PATH']}", "HOME": str(self.home), "COLUMNS": "80"} | self.more

    def run(self, *argv: str, env: dict[str, str] | None = None, timeout: float = 240) -> Run:
        """Run `hybridctl` to its end, without a terminal and without standard input."""
        ran = subprocess.run(
            [find_hybridctl(), *argv],
            cwd=self.root,
            env=self.environment | (env or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        return Run(ran.returncode, ran.stdout, ran.stderr)

    def start(
        self, *argv: str, env: dict[str, str] | None = None, own_interpreter: bool = False
    ) -> "subprocess.Popen[str]":
        """Start `hybridctl` and leave it running; with `own_interpreter` the process itself is hybridctl."""
        program = [sys.executable, "-m", "hybridctl"] if own_interpreter else [str(find_hybridctl())]
        return subprocess.Popen(
            [*program, *argv],
            cwd=self.root,
            env=self.environment | (env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def shell(self, script: str, **env: str) -> Run:
        """Run lines of the guide in a POSIX shell."""
        ran = subprocess.run(
            ["/bin/sh", "-euc", script],
            cwd=self.root,
            env=self.environment | env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Run(ran.returncode, ran.stdout, ran.stderr)

    def must(self, *argv: str, **options: Any) -> Run:
        ran = self.run(*argv, **options)
        assert ran.code == 0, f"hybridctl {' '.join(argv)}: {ran.all}"
        return ran

    def edit(self, name: str, change: Callable[[str], str]) -> None:
        path = self.root / name
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")

    @property
    def endpoint(self) -> str:
        """What the last deploy has saved, at the port of the running sandbox; one that is stopped is started."""
        running = Home(self.root / ".hybridctl" / "sandbox").read_ready()
        if running is None:
            return self.must("outputs", "local", "--raw", "api_endpoint").out.strip()
        saved = json.loads((self.root / ".hybridctl" / "outputs" / "local.json").read_text(encoding="utf-8"))
        return f"{running['endpoint']}{urlsplit(saved['api_endpoint']).path}"

    @cached_property
    def exports(self) -> dict[str, str]:
        """What a shell needs to reach the sandbox, which keeps its port and its key when it is started again."""
        found: dict[str, str] = self.must("--output", "json", "sandbox", "status").json["environment"]
        return found

    def live_version(self) -> str:
        """The version that the public endpoint answers with."""
        return httpx.get(f"{self.endpoint}/health").headers["x-function-version"]


def copy_tree(to: Path) -> None:
    """What git has of this repository, as it is in the work tree, without what no command reads."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        source, target = REPOSITORY / name, to / name
        if source.is_file() and not name.startswith(("bench/", "src/", "tests/")):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def fresh_clone(folder: Path) -> Clone:
    clone = Clone(folder / "checkout", folder / "home")
    clone.root.mkdir()
    clone.home.mkdir()
    copy_tree(clone.root)
    git = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"]
    for line in (["init", "-q"], ["add", "."], ["commit", "-qm", "start"]):
        subprocess.run([*git, *line], cwd=clone.root, check=True, env=clone.environment)
    return clone


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A fresh clone for all tests of a module; its sandbox is stopped at the end."""
    made = fresh_clone(tmp_path_factory.mktemp("e2e"))
    yield made
    made.run("sandbox", "stop")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `.hybridctl` of a checkout with version 1 deployed and its sandbox stopped."""
    return deploy_once(tmp_path_factory, "template")


def deploy_once(
    tmp_path_factory: pytest.TempPathFactory, name: str, prepare: Callable[[Clone], None] = lambda _clone: None
) -> Path:
    """A checkout that was prepared and deployed, with its sandbox stopped: made once for all workers."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / name
    with HeldLock(shared / f"{name}.lock"):
        if not (folder / "done").exists():
            folder.mkdir()
            made = fresh_clone(folder)
            prepare(made)
            made.must("deploy", "local")
            made.must("sandbox", "stop")
            (folder / "done").touch()
    return folder / "checkout"


def copy_deployed(template: Path, clone: Clone) -> Clone:
    """Give a fresh clone what `deploy local` left in the template: the sandbox's state is files."""
    shutil.copytree(template / ".hybridctl", clone.root / ".hybridctl", symlinks=True)
    for name in ("ready.json", "port", "server.lock", "starting.lock"):  # of the template's own server
        (clone.root / ".hybridctl" / "sandbox" / name).unlink(missing_ok=True)
    shutil.copy2(template / "terraform" / "lambda_function.zip", clone.root / "terraform")
    return clone


@pytest.fixture(scope="module")
def deployed(clone: Clone, template: Path) -> Clone:
    """The same, with version 1 deployed and the sandbox running."""
    if not (clone.root / ".hybridctl").exists():
        copy_deployed(template, clone).must("sandbox", "start")
    elif clone.run("outputs", "local").code:
        clone.must("deploy", "local")
    return clone


@pytest.fixture
def mirror() -> Path:
    """A Terraform filesystem mirror that holds hashicorp/aws, where the test run was given one."""
    named = os.environ.get("HYBRIDCTL_TEST_PROVIDER_MIRROR")
    if not named:
        pytest.skip("HYBRIDCTL_TEST_PROVIDER_MIRROR names no mirror with hashicorp/aws")
    return Path(named)
