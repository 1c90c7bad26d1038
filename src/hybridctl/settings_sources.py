"""All settings with value and source, for `hybridctl config`."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from hybridctl.domain.configuration import Configuration, Setting
from hybridctl.domain.patience import Patience
from hybridctl.settings import FILE, PRIVATE, Settings


def describe_settings(settings: Settings, name: str | None) -> Configuration:
    """Return every setting of an environment with its source."""
    found = settings.environment(name)
    prefix = f"environments.{found.name}."
    profile = settings.profile_of(found)
    origins = {**settings.origins, f"{prefix}profile": profile.source}
    values: dict[str, Any] = {
        "project": settings.project,
        "region": settings.region,
        "default_environment": settings.default_environment,
        "function.source": _below(settings, settings.source),
        "function.package": _below(settings, settings.package),
        "function.handler": settings.handler,
        "function.runtime": settings.runtime,
        "function.architecture": settings.architecture,
        "function.alias": settings.alias,
        "function.include": list(settings.include),
        "function.exclude": list(settings.exclude),
        "terraform.environments": _below(settings, settings.terraform_environments),
        "terraform.engine": settings.engine,
        "terraform.shell_variables": list(settings.shell_variables),
        "smoke.health": settings.smoke.health,
        "smoke.version_headers": settings.smoke.names_version,
        "smoke.checks": [str(one.name) for one in settings.smoke.questions],
        "notify.webhook_variable": settings.notify.webhook_variable or None,
        "notify.format": settings.notify.format,
        "notify.command": list(settings.notify.command),
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
        f"{prefix}sandbox": found.sandbox,
        f"{prefix}account": found.account,
        f"{prefix}function": settings.names(found.name).function,
        f"{prefix}role": settings.names(found.name).role,
        f"{prefix}region": found.region,
        f"{prefix}profile": profile.name,
        f"{prefix}protected": found.protected,
        f"{prefix}consent": str(found.consent),
        f"{prefix}strategy": str(found.strategy),
        f"{prefix}stop_alarms": None if found.stop_alarms is None else list(found.stop_alarms),
    }
    named = Setting("environment", found.name, _environment_source(settings, name))
    rest = (Setting(key, value, origins.get(key, "default")) for key, value in values.items())
    return Configuration(found.name, str(settings.root / FILE), (named, *rest))


def _environment_source(settings: Settings, name: str | None) -> str:
    if name:
        return "command line"
    if settings.environ.get("HYBRIDCTL_ENV"):
        return "HYBRIDCTL_ENV"
    return f"{PRIVATE}/last-environment" if settings.last_deployed() else settings.origins["default_environment"]


def _below(settings: Settings, path: Path) -> str:
    return str(path.relative_to(settings.root)) if path.is_relative_to(settings.root) else str(path)
