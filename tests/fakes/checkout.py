from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hybridctl.domain.counting import count_noun
from hybridctl.domain.engine import Engine
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.package import Package
from hybridctl.domain.release import Source
from hybridctl.domain.values import Values
from hybridctl.errors import BuildFailed, FileUnreadable, HybridctlError

ENGINE = Engine("terraform", "1.11.4", ("terraform",))


@dataclass
class FakeCheckout:
    remembered: list[str] = field(default_factory=list)
    written: dict[Path, str] = field(default_factory=dict)
    files: dict[Path, str] = field(default_factory=dict)
    kept: dict[str, Outputs] = field(default_factory=dict)

    saved: dict[str, dict[str, str]] = field(default_factory=dict)
    releases: dict[str, list[str]] = field(default_factory=dict)
    commit: str = "0123456789abcdef"
    git_doubt: str = ""
    variables: set[str] | None = None
    declared_outputs: set[str] | None = None
    set_values: dict[str, dict[str, Any]] = field(default_factory=dict)
    declared_resources: list[dict[str, Any]] = field(default_factory=list)
    disregarded: list[Path] = field(default_factory=list)

    def disregard(self, path: Path) -> None:
        self.disregarded.append(path)

    def source(self) -> Source:
        return Source(self.commit, dirty=False, doubt=self.git_doubt)

    def actor(self) -> str:
        return "ada@example.com"

    def host(self) -> str:
        return "laptop:4711"

    def remember_environment(self, name: str) -> None:
        self.remembered.append(name)

    def remember_releases(self, environment: str, ids: Sequence[str]) -> None:
        self.releases[environment] = [*ids, *self.releases.get(environment, [])]

    def list_releases(self, environment: str) -> Sequence[str]:
        return self.releases.get(environment, [])

    def read(self, path: Path) -> str:
        if path not in self.files:
            raise FileUnreadable(f"reading {path}: No such file or directory")
        return self.files[path]

    def write(self, path: Path, text: str) -> None:
        self.written[path] = text

    def values(self, environment: str) -> Values:
        return Values(self.set_values.get(environment, {}))

    def list_variables(self, environment: str) -> Collection[str] | None:
        return self.variables

    def outputs(self, environment: str) -> Collection[str] | None:
        return self.declared_outputs

    def resources(self, environment: str) -> Sequence[Mapping[str, Any]]:
        return self.declared_resources

    def save_variables(self, environment: str, variables: Mapping[str, str]) -> Path:
        self.saved[environment] = dict(variables)
        return Path("terraform/environments") / environment / "saved.auto.tfvars.json"

    def keep_outputs(self, environment: str, outputs: Outputs) -> None:
        self.kept[environment] = outputs


@dataclass
class FakePrerequisites:
    missing: dict[str, HybridctlError] = field(default_factory=dict)
    dead_plans: list[str] = field(default_factory=list)
    doubt: str = ""
    runs_on: str = ""
    unable: str = ""
    no_wheel: str = ""
    not_isolated: str = ""

    def _look(self, name: str, found: str) -> str:
        if name in self.missing:
            raise self.missing[name]
        return found

    def python(self) -> str:
        return self._look("python", "3.11.7")

    def git(self) -> str:
        return self._look("git", "/usr/bin/git")

    def git_doubt(self) -> str:
        return self.doubt

    def function_python(self, runtime: str) -> str:
        return self.runs_on or f"{runtime.removeprefix('python')}.0"

    def unable_to_run(self, runtime: str, architecture: str) -> str:
        return self.unable

    def unable_to_isolate(self) -> str:
        return self.not_isolated

    def provide_machine_code(self, package: Package, runtime: str) -> Sequence[str]:
        if self.no_wheel:
            raise BuildFailed(self.no_wheel)
        return ["orjson==3.10.18"]

    def private_folder(self) -> str:
        return self._look("private_folder", ".hybridctl is writable, 10 GB free")

    def source(self) -> str:
        return self._look("source", "lambda_src and terraform/environments")

    def sandbox(self) -> str:
        return self._look("sandbox", "its packages are installed")

    def http_client(self) -> str:
        return self._look("http_client", "works with this machine's proxy and certificate settings")

    def proxy(self) -> str:
        return self._look("proxy", "no proxy for AWS")

    def leftovers(self) -> Sequence[str]:
        return self.dead_plans

    def remove_leftovers(self) -> str:
        count, self.dead_plans = len(self.dead_plans), []
        return f"deleted {count_noun(count, 'plan file')}"

    def engine(self) -> Engine:
        self._look("engine", "")
        return ENGINE
