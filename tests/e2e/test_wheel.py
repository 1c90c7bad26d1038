"""A stranger's first hour: an installed wheel, an empty folder, no checkout, no credentials.

The wheel is installed for the Python that runs the tests, beside the dependencies that are there already.
HYBRIDCTL_TEST_PYTHONS names more interpreters, separated by colons: each gets an environment from the lock file.
"""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from suite.guard import MARK

REPOSITORY = Path(__file__).resolve().parents[2]
MORE = [name for name in os.environ.get("HYBRIDCTL_TEST_PYTHONS", "").split(":") if name]


def run_tool(*argv: str) -> None:
    ran = subprocess.run([str(word) for word in argv], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@dataclass(frozen=True)
class Installed:
    """An environment that has the wheel, used in a folder with an empty home directory."""

    environment: Path
    folder: Path

    def run(self, *argv: str, cwd: Path | None = None) -> str:
        """The standard output of a command that has to end well."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        kept = {name: os.environ[name] for name in ("LANG", MARK) if name in os.environ}
        ran = subprocess.run(
            [self.environment / "bin" / "hybridctl", *argv],
            cwd=cwd or self.folder,
            env=kept | {"PATH": f"{self.environment / 'bin'}:{os.environ['PATH']}", "HOME": str(home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert ran.returncode == 0, f"hybridctl {' '.join(argv)}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as a release is: of the source distribution, by the back end that the lock names."""
    folder = tmp_path_factory.mktemp("wheel")
    run_tool(sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", str(folder))
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-build-isolation", "--no-deps"]
    run_tool(*pip, "--wheel-dir", str(folder), str(next(folder.glob("*.tar.gz"))))
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module", params=[sys.executable, *MORE])
def installed(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installed]:
    made = Installed(tmp_path_factory.mktemp("environment") / "venv", tmp_path_factory.mktemp("stranger"))
    python = made.environment / "bin" / "python"
    if request.param == sys.executable:
        run_tool(sys.executable, "-m", "venv", "--without-pip", str(made.environment))
        packages = next(made.environment.glob("lib/python*/site-packages"))
        # The folder alone: the .pth file in it that leads to this checkout is not read.
        (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    else:
        run_tool(request.param, "-m", "venv", str(made.environment))
        locked = [str(python), "-m", "pip", "install", "--quiet", "--require-hashes"]
        run_tool(*locked, "--only-binary", ":all:", "-r", "locks/build.lock")
        run_tool(*locked, "--no-build-isolation", "-r", "locks/sandbox.lock")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps"]
    run_tool(*pip, "--ignore-installed", str(wheel))
    yield made
    for project in made.folder.glob("*/hybridctl.toml"):
        made.run("sandbox", "stop", cwd=project.parent)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def ask(installed: Installed, project: str, *argv: str) -> Any:
    return json.loads(installed.run("--output", "json", *argv, cwd=installed.folder / project))


@pytest.mark.parametrize("template", ["sessions", "http"])
def test_two_commands_make_a_backend(installed: Installed, template: str) -> None:
    installed.run("init", f"my-{template}", "--template", template)
    assert ask(installed, f"my-{template}", "deploy", "local")["smoke"]["ok"] is True
    assert ask(installed, f"my-{template}", "plan", "local")["changes"]["resources"] == []


def test_it_is_watched_changed_rolled_back_and_destroyed(installed: Installed) -> None:
    project = installed.folder / "my-http"
    assert "GET /health" in installed.run("logs", "local", "--since", "10m", cwd=project)
    assert ask(installed, project.name, "doctor", "local")["findings"]

    edit(project / "app/main.py", '{"status": "healthy"}', '{"status": "healthy", "edition": 2}')
    second = ask(installed, project.name, "deploy", "local")
    assert second["version"] == 2
    assert httpx.get(f"{second['endpoint']}/health").json()["edition"] == 2
    installed.run("rollback", "local", cwd=project)
    back = httpx.get(f"{second['endpoint']}/health")
    assert (back.headers["x-function-version"], "edition" in back.json()) == ("1", False)
    installed.run("destroy", "local", "--yes", cwd=project)
