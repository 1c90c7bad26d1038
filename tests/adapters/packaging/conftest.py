"""A checkout with a handler, and a folder of wheels made on the spot that pip uses instead of an index."""

import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hybridctl.adapters.packaging.artifacts import LambdaPackage
from hybridctl.domain.package import Package
from suite.warm import find_python


@dataclass(frozen=True)
class Checkout:
    folder: Path
    wheels: Path

    @property
    def source(self) -> Path:
        return self.folder / "lambda_src"

    @property
    def entry(self) -> Path:
        return self.source / "backend" / "entry.py"

    @property
    def zip(self) -> Path:
        return self.folder / "terraform" / "lambda_function.zip"

    @property
    def work(self) -> Path:
        return self.folder / ".hybridctl" / "build"

    def require(self, text: str, lock: str | None = None) -> None:
        (self.source / "requirements.txt").write_text(text)
        if lock is not None:
            (self.source / "requirements.lock").write_text(lock)

    def wheel(
        self, name: str, tag: str = "py3-none-any", *, body: str = "", needs: Sequence[str] = (), script: bool = False
    ) -> Path:
        path = self.wheels / f"{name}-1.0-{tag}.whl"
        info = f"{name}-1.0.dist-info"
        needed = "".join(f"Requires-Dist: {need}\n" for need in needs)
        with zipfile.ZipFile(path, "w") as wheel:
            wheel.writestr(f"{name}.py", body)
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needed}")
            wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n")
            if script:
                wheel.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{name} = {name}:main\n")
            wheel.writestr(f"{info}/RECORD", "")
        return path

    def artifacts(self, environ: dict[str, str] | None = None, **settings: Any) -> LambdaPackage:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "PIP_CONFIG_FILE": os.devnull}
        return LambdaPackage(
            source=self.source,
            package=self.zip,
            runtime=settings.get("runtime", "python3.13"),
            architecture=settings.get("architecture", "arm64"),
            work=self.work,
            environ=plain | index | (environ or {}),
            handler=settings.get("handler", "backend.entry.handle"),
            python=settings.get("python") or find_python(),
            include=settings.get("include", ()),
            exclude=settings.get("exclude", ()),
        )

    def build(self, environ: dict[str, str] | None = None, **settings: Any) -> Package:
        return self.artifacts(environ, **settings).build()

    def names(self) -> list[str]:
        with zipfile.ZipFile(self.zip) as archive:
            return archive.namelist()

    def read(self, name: str) -> str:
        with zipfile.ZipFile(self.zip) as archive:
            return archive.read(name).decode()


def make_checkout(folder: Path, wheels: Path) -> Checkout:
    made = Checkout(folder, wheels)
    (made.source / "backend").mkdir(parents=True)
    (made.source / "backend" / "__init__.py").write_text("")
    made.entry.write_text("def handle(event, context):\n    return {'statusCode': 200}\n")
    (made.source / "backend" / "data.txt").write_text("grüße\n", encoding="utf-8")
    (made.source / "requirements.txt").write_text("# nothing yet\n")
    return made


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    (tmp_path / "wheels").mkdir()
    return make_checkout(tmp_path / "here", tmp_path / "wheels")


@pytest.fixture
def elsewhere(tmp_path: Path, checkout: Checkout) -> Checkout:
    """The same checkout again: in another place, with another umask, and made in the opposite order at another time."""
    mask = os.umask(0o077)
    try:
        made = make_checkout(tmp_path / "far" / "away from here", checkout.wheels)
        (made.source / "again").mkdir()
        for path in sorted((made.source / "backend").iterdir(), reverse=True):
            (made.source / "again" / path.name).write_bytes(path.read_bytes())
            path.unlink()
        (made.source / "backend").rmdir()
        (made.source / "again").rename(made.source / "backend")
    finally:
        os.umask(mask)
    for path in made.source.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    return made
