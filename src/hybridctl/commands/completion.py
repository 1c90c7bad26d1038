"""Shell completion: read only from this checkout, because nobody waits for AWS at a prompt."""

from collections.abc import Iterable
from dataclasses import dataclass

import typer

from hybridctl.context import app_context
from hybridctl.errors import HybridctlError


@dataclass(frozen=True, slots=True)
class Offered:
    """A completion item, with the three attributes that Typer reads."""

    value: str
    help: str | None = None
    type: str = "plain"


_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_STRATEGIES = ("all-at-once", "canary:10@5m", "linear:10@1m", "blue-green")


def environments(ctx: typer.Context, incomplete: str) -> list[str]:
    try:
        return _beginning(app_context(ctx).settings.environments, incomplete)
    except HybridctlError:
        return []


def releases(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the release ids that `deploy`, `rollback` and `releases` have seen in this environment, newest first."""
    try:
        app = app_context(ctx)
        # After an option without its value, Typer does not parse the words before it.
        words = (ctx.params.get("environment"), ctx.params.get("env"), *ctx.args)
        named = next((word for word in words if word in app.settings.environments), None)
        return _beginning(app.checkout.list_releases(app.environment(named).name), incomplete)
    except HybridctlError:
        return []


def profiles(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the profiles of the AWS configuration without botocore, whose import takes a quarter of a second."""
    import configparser
    from pathlib import Path

    try:
        environ = app_context(ctx).settings.environ
    except HybridctlError:
        return []
    files = {
        environ.get("AWS_CONFIG_FILE") or "~/.aws/config": "profile ",
        environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials": "",
    }
    found: set[str] = set()
    for name, before in files.items():
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read(Path(name).expanduser())
        except (configparser.Error, OSError, ValueError, RuntimeError):
            continue
        found |= {one.removeprefix(before) for one in parser.sections() if one == "default" or one.startswith(before)}
    return _beginning(sorted(found), incomplete)


def workers(ctx: typer.Context, incomplete: str) -> list[str]:
    try:
        return _beginning([one.name for one in app_context(ctx).settings.workers], incomplete)
    except HybridctlError:
        return []


def queries(incomplete: str) -> list[str]:
    from hybridctl.domain.logs.questions import QUESTIONS

    return _beginning([one.name for one in QUESTIONS], incomplete)


def levels(incomplete: str) -> list[str]:
    return _beginning([level.lower() if incomplete.islower() else level for level in _LEVELS], incomplete)


def strategies(incomplete: str) -> list[str]:
    return _beginning(_STRATEGIES, incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
