"""All settings of a run as one frozen value; each knows its source."""

from __future__ import annotations  # start-up: what the annotations name is imported by type checkers only

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hybridctl.domain.environment import Names
from hybridctl.domain.notify import Notify
from hybridctl.domain.patience import Patience
from hybridctl.domain.profile import Profile, choose_profile
from hybridctl.domain.watch_rules import WatchRules
from hybridctl.errors import FileUnreadable, UnknownEnvironment, UsageInvalid
from hybridctl.files import read_text
from hybridctl.settings_schema import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hybridctl.domain.agreement import ConfiguredFunction
    from hybridctl.domain.environment import Environment
    from hybridctl.domain.smoke_plan import SmokePlan
    from hybridctl.domain.worker import Worker

FILE = "hybridctl.toml"
PRIVATE = ".hybridctl"  # per checkout: sandbox, Terraform data, plans, the last environment; never committed


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of hybridctl; paths are absolute, and `environ` is the process environment at the start."""

    root: Path
    project: str
    region: str
    default_environment: str
    source: Path
    package: Path
    handler: str
    runtime: str
    architecture: str
    alias: str
    terraform_environments: Path
    engine: str | None
    smoke: SmokePlan
    environments: Mapping[str, Environment]
    environ: Mapping[str, str] = field(repr=False)
    origins: Mapping[str, str] = field(repr=False)
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    shell_variables: tuple[str, ...] = ()
    patience: Patience = field(default_factory=Patience)
    notify: Notify = field(default_factory=Notify)
    watch: WatchRules = field(default_factory=WatchRules)
    workers: tuple[Worker, ...] = ()
    typed_profile: str | None = None

    @property
    def private(self) -> Path:
        return self.root / PRIVATE

    def names(self, environment: str) -> Names:
        known = self.environments.get(environment)
        given = (known.function, known.role) if known else (None, None)
        return Names(self.project, environment, *given, workers=tuple(one.name for one in self.workers))

    def function(self, environment: str) -> ConfiguredFunction:
        """The function's settings that the HCL of an environment must match."""
        return self._configure(self.names(environment).function, self.handler)

    def worker(self, name: str) -> Worker:
        """Return one worker by name. Raises UsageInvalid suggesting the nearest name."""
        found = next((one for one in self.workers if one.name == name), None)
        if found is None:
            known = [one.name for one in self.workers]
            near = nearest(name, known)
            hint = f"did you mean {near!r}?" if near else f"{FILE} names: {', '.join(known) or 'no further function'}"
            raise UsageInvalid(f"there is no function {name!r} in {FILE}", hint=hint)
        return found

    def worker_functions(self, environment: str) -> tuple[ConfiguredFunction, ...]:
        """The same settings of each worker, which shares runtime, architecture and alias name with the function."""
        return tuple(self._configure(self.names(environment).worker(one.name), one.handler) for one in self.workers)

    def _configure(self, name: str, handler: str) -> ConfiguredFunction:
        from hybridctl.domain.agreement import ConfiguredFunction

        return ConfiguredFunction(name, self.runtime, self.architecture, handler, self.alias)

    def profile_of(self, environment: Environment) -> Profile:
        """Return the profile whose credentials are used; the sandbox has its own key and uses no profile."""
        if environment.sandbox:
            return Profile(source="sandbox key")
        where = self.origins.get(f"environments.{environment.name}.profile", "")
        return choose_profile(self.typed_profile, environment.profile, where, self.environ)

    def environment(self, name: str | None) -> Environment:
        """Return the named environment, else HYBRIDCTL_ENV, else the last one deployed from this checkout, else the
        default.
        """
        exported = self.environ.get("HYBRIDCTL_ENV")
        chosen = name or exported or self.last_deployed() or self.default_environment
        if chosen not in self.environments:
            near, known = nearest(chosen, tuple(self.environments)), ", ".join(self.environments)
            hint = f"did you mean {near!r}?" if near else f"{FILE} defines: {known}"
            source = " (from HYBRIDCTL_ENV)" if exported and not name else ""
            raise UnknownEnvironment(f"there is no environment {chosen!r}{source}", hint=hint)
        return self.environments[chosen]

    def last_deployed(self) -> str | None:
        try:
            name = read_text(self.private / "last-environment").strip()
        except FileUnreadable:
            return None
        return name if name in self.environments else None
