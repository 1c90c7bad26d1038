"""What a command can use. Everything is opened on first use, so `--help` imports no boto3 and reads no file."""

from __future__ import annotations  # start-up: what the annotations name is imported by type checkers only

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import typer

from hybridctl.errors import UsageInvalid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hybridctl.domain.environment import Environment
    from hybridctl.ports.backend import Backend
    from hybridctl.ports.machine import (
        Artifacts,
        Checkout,
        ExistingFunctions,
        GitHub,
        PlanFiles,
        Prerequisites,
        Prices,
        Sandbox,
        SourcePackages,
        Templates,
    )
    from hybridctl.ports.run import Clock, Events
    from hybridctl.settings import Settings
    from hybridctl.views.screen import Screen


@dataclass(frozen=True, slots=True)
class Opening:
    """How to enter an environment on the sandbox.

    `start` creates a sandbox that never ran (otherwise NotDeployed is raised). `real_provider` uses hashicorp/aws
    instead of the sandbox's own provider.
    """

    start: bool = False
    real_provider: bool = False


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where to look for functions without a hybridctl.toml: on AWS, or with `sandbox` on a folder's sandbox."""

    folder: Path
    region: str | None = None
    profile: str | None = None
    sandbox: bool = False


@dataclass
class AppContext:
    """One run of hybridctl: its output, its settings, and access to everything else.

    `works` is True for a command that does more than print a result: its exit code then reflects only that work.
    `profile` and `events_file` are the values of --profile and --events.
    """

    screen: Screen
    clock: Clock
    load_settings: Callable[[], Settings] = field(repr=False)
    open_backend: Callable[[Settings, Environment, Opening], Backend] = field(repr=False)
    open_sandbox: Callable[[Settings], Sandbox] = field(repr=False)
    open_checkout: Callable[[Settings], Checkout] = field(repr=False)
    open_artifacts: Callable[[Settings], Artifacts] = field(repr=False)
    open_prerequisites: Callable[[Settings], Prerequisites] = field(repr=False)
    open_prices: Callable[[Settings], Prices] = field(repr=False)
    open_events: Callable[[Path], Events] = field(repr=False)
    open_templates: Callable[[], Templates] = field(repr=False)
    open_github: Callable[[Settings], GitHub] = field(repr=False)
    open_plan_files: Callable[[], PlanFiles] = field(repr=False)
    open_existing: Callable[[Whereabouts], ExistingFunctions] = field(repr=False)
    open_source_packages: Callable[[], SourcePackages] = field(repr=False)
    works: bool = False
    profile: str | None = None
    events_file: Path | None = None

    @cached_property
    def settings(self) -> Settings:
        loaded = self.load_settings()
        return replace(loaded, typed_profile=self.profile) if self.profile else loaded

    @cached_property
    def checkout(self) -> Checkout:
        opened = self.open_checkout(self.settings)
        if self.events_file:
            opened.disregard(self.events_file)
        return opened

    @cached_property
    def artifacts(self) -> Artifacts:
        return self.open_artifacts(self.settings)

    @cached_property
    def prerequisites(self) -> Prerequisites:
        return self.open_prerequisites(self.settings)

    @cached_property
    def prices(self) -> Prices:
        return self.open_prices(self.settings)

    @cached_property
    def sandbox(self) -> Sandbox:
        return self.open_sandbox(self.settings)

    @cached_property
    def smoke_user(self) -> str:
        """The user that the smoke checks of this run act as."""
        from secrets import token_hex

        return f"hybridctl-smoke-{token_hex(4)}"

    def environment(self, name: str | None, *, changes: bool = False) -> Environment:
        """Return the environment of a command; a command that `changes` something never defaults to a protected one."""
        chosen = self.settings.environment(name)
        self.works = self.works or changes
        if changes and name is None and chosen.protected:
            raise UsageInvalid(
                f"{chosen.name} is protected, so it must be named on the command line",
                hint=f"run: hybridctl … {chosen.name}",
            )
        return chosen

    def backend(self, name: str | None, *, changes: bool = False, opening: Opening = Opening()) -> Backend:
        """Return the environment's ports after checking its account and printing where this run acts."""
        backend = self.open_backend(self.settings, self.environment(name, changes=changes), opening)
        place = backend.place
        self.screen.events.write("place", environment=place.environment, account=place.account, region=place.region)
        self.screen.say(place)
        return backend

    def ask_consent(self, question: str, backend: Backend, *, given: bool) -> None:
        """Ask for what a change of this environment needs; raises Declined or NeedsConsent."""
        target = self.environment(backend.place.environment)
        self.screen.consent(question, target.name, target.consent, given=given)


def app_context(ctx: typer.Context) -> AppContext:
    found = ctx.find_object(AppContext)
    assert found is not None  # noqa: S101  (entrypoint.run always passes one)
    return found
