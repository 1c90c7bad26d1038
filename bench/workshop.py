"""What measurements share: where the tools are, a folder to work in, and one deployed checkout."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from bench.commands import Inside
from bench.contest import Absent

REPOSITORY = Path(__file__).resolve().parents[1]
HYBRIDCTL = str(Path(sys.executable).with_name("hybridctl"))
_PEERS = REPOSITORY / ".venv-bench" / "bin"
_NOT_COPIED = ("tests", "bench", "docs")


def peer(name: str) -> str:
    """A peer's executable, there or not: one that is not is said and left out by the harness."""
    return str(_PEERS / name)


@dataclass(frozen=True)
class Checkout:
    """A copy of this repository with a home of its own, so that a run leaves nothing behind."""

    root: Path
    home: Path

    @property
    def environ(self) -> dict[str, str]:
        """A PATH and the settings of pip and Terraform; nothing of AWS."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name in ("PATH", "LANG", "TF_CLI_CONFIG_FILE") or name.startswith("PIP_")
        }
        return kept | {"HOME": str(self.home)}

    @property
    def inside(self) -> Inside:
        """For hybridctl in this checkout."""
        return Inside(self.root, self.environ)

    @property
    def outside(self) -> Inside:
        """For every other client of this checkout's sandbox."""
        return Inside(self.root, self.sandbox)

    @cached_property
    def sandbox(self) -> dict[str, str]:
        """What to export so that any AWS client reaches this checkout's sandbox."""
        found: dict[str, str] = self.json("sandbox", "status")["environment"]
        return self.environ | found | {"AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": ""}

    def must(self, *argv: str) -> str:
        """The stdout of a hybridctl command that has to succeed."""
        ran = subprocess.run(
            [HYBRIDCTL, *argv], cwd=self.root, env=self.environ, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        if ran.returncode != 0:
            raise Absent(f"hybridctl {' '.join(argv)} ended with {ran.returncode}: {ran.stderr.strip()}")
        return ran.stdout

    def json(self, *argv: str) -> Any:
        return json.loads(self.must("--output", "json", *argv))

    def touch(self, number: int) -> None:
        """Change the handler's source in a way that nothing but its hash shows."""
        path = self.root / "lambda_src" / "backend" / "bench_mark.py"
        path.write_text(f'"""Round {number}."""\n', encoding="utf-8")


@dataclass
class Workshop:
    """Opened for a whole run; everything in it is made when it is first asked for and removed by `close`."""

    _made: ExitStack = field(default_factory=ExitStack)

    @cached_property
    def folder(self) -> Path:
        made = Path(mkdtemp(prefix="hybridctl-bench-"))
        self._made.callback(shutil.rmtree, made, ignore_errors=True)
        return made

    def checkout(self, name: str) -> Checkout:
        """A fresh copy of the work tree's own files under this name; its sandbox, if it gets one, is stopped."""
        made = Checkout(self.folder / name, self.folder / f"{name}-home")
        made.home.mkdir()
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=REPOSITORY, capture_output=True, check=True,
        ).stdout.decode()  # fmt: skip
        for file in filter(None, listed.split("\0")):
            source, target = REPOSITORY / file, made.root / file
            if source.is_file() and file.partition("/")[0] not in _NOT_COPIED:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        self._made.callback(_stop, made)
        return made

    @cached_property
    def deployed(self) -> Checkout:
        """One checkout with `local` deployed, for every measurement that only reads from it."""
        made = self.checkout("deployed")
        made.must("deploy", "local")
        return made

    def close(self) -> None:
        self._made.close()


def _stop(checkout: Checkout) -> None:
    subprocess.run(
        [HYBRIDCTL, "sandbox", "stop"], cwd=checkout.root, env=checkout.environ, capture_output=True, check=False
    )
