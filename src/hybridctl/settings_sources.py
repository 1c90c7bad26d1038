"""All settings with value and source, for `hybridctl config`."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from hybridctl.domain.configuration import Configuration, Setting
from hybridctl.domain.patience import Patience
from hybridctl.domain.strategy import Strategy
from hybridctl.settings import FILE, PRIVATE, Settings
from hybridctl.settings_schema import FUNCTION, NOTIFY

_OF_ENVIRONMENT = (
    *("sandbox", "account", "function", "role", "region", "profile"),
    *("protected", "consent", "strategy", "stop_alarms"),
)


def describe_settings(settings: Settings, name: str | None) -> Configuration:
    """Return every setting of an environment with its source."""
    found = settings.environment(name)
    prefix = f"environments.{found.name}."
    profile = settings.profile_of(found)
    origins = {**settings.origins, f"{prefix}profile": profile.source}
    names = settings.names(found.name)
    named = {"function": names.function, "role": names.role, "profile": profile.name}
    values: dict[str, Any] = {
        **{key: getattr(settings, key) for key in ("project", "region", "default_environment")},
        **{f"function.{key}": getattr(settings, key) for key in FUNCTION},
        "terraform.environments": settings.terraform_environments,
        "terraform.engine": settings.engine,
        "terraform.shell_variables": settings.shell_variables,
        "smoke.health": settings.smoke.health,
        "smoke.version_headers": settings.smoke.names_version,
        "smoke.checks": [str(one.name) for one in settings.smoke.questions],
        **{f"notify.{key}": getattr(settings.notify, key) for key in NOTIFY},
        **{
            f"functions.{worker.name}.{key}": value
            for worker in settings.workers
            for key, value in (
                ("handler", worker.handler),
                ("checks", [str(one.name) for one in worker.plan.questions]),
            )
        },
        **{f"watch.p{one.rank:g}": round((one.factor - 1) * 100) for one in settings.watch.margins},
        "watch.milliseconds": round(settings.watch.margins[0].milliseconds),
        **{f"patience.{one.name}": getattr(settings.patience, one.name) for one in fields(Patience)},
        **{f"{prefix}{key}": named.get(key, getattr(found, key)) for key in _OF_ENVIRONMENT},
    }
    first = Setting("environment", found.name, _environment_source(settings, name))
    rest = (Setting(key, _show(settings, value), origins.get(key, "default")) for key, value in values.items())
    return Configuration(found.name, str(settings.root / FILE), (first, *rest))


def _environment_source(settings: Settings, name: str | None) -> str:
    if name:
        return "command line"
    if settings.environ.get("HYBRIDCTL_ENV"):
        return "HYBRIDCTL_ENV"
    return f"{PRIVATE}/last-environment" if settings.last_deployed() else settings.origins["default_environment"]


def _show(settings: Settings, value: Any) -> Any:
    """A value as JSON has it: a path below the checkout without the checkout's own."""
    if isinstance(value, Path):
        return str(value.relative_to(settings.root)) if value.is_relative_to(settings.root) else str(value)
    if isinstance(value, tuple):
        return list(value)
    return str(value) or None if isinstance(value, str | Strategy) else value
