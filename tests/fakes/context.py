"""A run of hybridctl whose world is fake."""

from pathlib import Path
from typing import Any

from fakes.backend import FakeBackend
from fakes.checkout import FakeCheckout, FakePrerequisites
from fakes.clock import FakeClock
from fakes.sandbox import FakeSandbox
from hybridctl.adapters.event_file import EventFile
from hybridctl.adapters.price_list import ListPrices
from hybridctl.adapters.templates import PackagedTemplates
from hybridctl.context import AppContext
from hybridctl.settings_file import load_settings
from hybridctl.views.screen import Screen
from hybridctl.wiring.existing import open_source_packages


def fake_context(project: Path, backend: FakeBackend, clock: FakeClock, screen: Screen, **opened: Any) -> AppContext:
    """A run in the folder `project`, on `backend`; `opened` are members that are other than usual."""
    usual: dict[str, Any] = {
        "load_settings": lambda: load_settings(project, {}),
        "open_backend": lambda _settings, environment, _opening: backend.enter(environment),
        "open_sandbox": lambda _settings: FakeSandbox(project),
        "open_checkout": lambda _settings: FakeCheckout(),
        "open_artifacts": lambda _settings: backend.artifacts,
        "open_prices": lambda settings: ListPrices(settings.private, _nobody_asks),
        "open_prerequisites": lambda _settings: FakePrerequisites(),
        "open_events": lambda path: EventFile(path, clock),
        "open_templates": PackagedTemplates,
        "open_github": lambda _settings: backend.github,
        "open_plan_files": lambda: backend.plan_files,
        "open_existing": lambda _where: _nobody_looks(),
        "open_source_packages": lambda: open_source_packages({}),
    }
    return AppContext(screen=screen, clock=clock, **(usual | opened))


def _nobody_looks() -> Any:
    raise AssertionError("functions of AWS were looked for")


def _nobody_asks() -> Any:
    raise AssertionError("AWS's price list was asked")
