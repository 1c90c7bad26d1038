"""Read settings from `hybridctl.toml` and the process environment; an error names the line and the nearest name."""

import os
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from hybridctl.domain.environment import BUCKET_NAME_LIMIT, Consent, Environment, Names
from hybridctl.domain.notify import SLACK, Notify
from hybridctl.domain.patience import Patience
from hybridctl.domain.smoke_plan import Call, Question, SmokePlan
from hybridctl.domain.strategy import Strategy, parse_strategy
from hybridctl.domain.watch_rules import Margin, WatchRules
from hybridctl.domain.worker import Worker, queue_event, schedule_event
from hybridctl.errors import ConfigurationInvalid, UsageInvalid
from hybridctl.files import parse_toml, read_text
from hybridctl.settings import FILE, Settings
from hybridctl.settings_schema import (
    ENVIRONMENT,
    FUNCTION,
    NOTIFY,
    PATIENCE,
    SMOKE,
    SMOKE_CHECK,
    TERRAFORM,
    TOP,
    WATCH,
    WORKER,
    WORKER_CHECK,
    Located,
    check_table,
)


def load_settings(start: Path, environ: Mapping[str, str]) -> Settings:
    """Return the settings for the folder `start`. Raises ConfigurationInvalid with the line and the nearest name."""
    path = find_file(start)
    text = read_text(path)
    content = parse_toml(text, path.name)
    return _settings(path, Located(path.name, text), content, environ)


def find_file(start: Path) -> Path:
    """Return the nearest `hybridctl.toml` in `start` or a folder above it."""
    for folder in (start, *start.parents):
        if os.path.lexists(folder / FILE):  # whatever it is: reading it says what is wrong
            return folder / FILE
    raise ConfigurationInvalid(
        f"there is no {FILE} in {start} or in a folder above it",
        hint="change to the project's folder, or create a project: hybridctl init NAME",
    )


def _settings(path: Path, located: Located, content: dict[str, Any], environ: Mapping[str, str]) -> Settings:
    root = path.parent.resolve()
    check_table(located, "", content, TOP)
    function = check_table(located, "function", content.get("function", {}), FUNCTION)
    terraform = check_table(located, "terraform", content.get("terraform", {}), TERRAFORM)
    notify = check_table(located, "notify", content.get("notify", {}), NOTIFY)
    patience = check_table(located, "patience", content.get("patience", {}), PATIENCE)
    watch = check_table(located, "watch", content.get("watch", {}), WATCH)
    origins: dict[str, str] = {}

    def value(name: str, table: Mapping[str, Any], default: str) -> str:
        variable = f"HYBRIDCTL_{name.replace('.', '_').upper()}"
        key = name.rpartition(".")[2]
        if environ.get(variable):
            origins[name] = variable
            return environ[variable]
        origins[name] = f"{path.name}:{located.line(key, name.rpartition('.')[0])}" if key in table else "default"
        return str(table.get(key, default))

    def seconds(name: str, default: int) -> int:
        found = value(f"patience.{name}", patience, str(default))
        if not re.fullmatch(r"\d{1,5}", found, re.ASCII):
            raise ConfigurationInvalid(
                f"{origins[f'patience.{name}']}: {name} cannot be {found!r}", hint="a number of seconds, 0 to 99999"
            )
        return int(found)

    written = {name: content.get(name, {}) for name in ("function", "terraform", "smoke", "notify", "watch")}
    written |= {f"environments.{name}": table for name, table in content.get("environments", {}).items()}
    for table, keys in written.items():
        if isinstance(keys, dict):
            origins.update({f"{table}.{key}": f"{path.name}:{located.line(key, table)}" for key in keys})

    def rise(key: str, default: int) -> int:
        found = int(watch.get(key, default))
        if not 0 <= found <= 99_999:
            where = f"{path.name}:{located.line(key, 'watch')}"
            raise ConfigurationInvalid(f"{where}: {key} cannot be {found}", hint="a whole number, 0 to 99999")
        return found

    region = value("region", content, "us-east-1")
    project = value("project", content, root.name)
    environments = {
        name: _environment(located, name, table, region) for name, table in content.get("environments", {}).items()
    }
    if not environments:
        raise ConfigurationInvalid(f"{path.name} defines no environment", hint="add a table [environments.local]")
    for environment in environments.values():
        _check_bucket_name(located, project, environment.region)
    default = value("default_environment", content, next(iter(environments)))
    if default not in environments:
        raise located.wrong("default_environment", default, list(environments))
    return Settings(
        root=root,
        project=project,
        region=region,
        default_environment=default,
        source=root / value("function.source", function, "lambda_src"),
        package=_inside(root, located, "package", value("function.package", function, "terraform/lambda_function.zip")),
        handler=value("function.handler", function, "backend.entry.handle"),
        runtime=value("function.runtime", function, "python3.13"),
        architecture=value("function.architecture", function, "arm64"),
        alias=value("function.alias", function, "live"),
        terraform_environments=root / value("terraform.environments", terraform, "terraform/environments"),
        engine=value("terraform.engine", terraform, "") or None,
        smoke=_smoke(located, content.get("smoke", {})),
        workers=tuple(_worker(located, name, one) for name, one in sorted(content.get("functions", {}).items())),
        environments=environments,
        environ=environ,
        origins=origins,
        include=tuple(function.get("include", ())),
        exclude=tuple(function.get("exclude", ())),
        shell_variables=tuple(terraform.get("shell_variables", ())),
        notify=Notify(
            notify.get("webhook_variable", ""), notify.get("format", SLACK), tuple(notify.get("command", ()))
        ),
        patience=Patience(**{one.name: seconds(one.name, getattr(Patience(), one.name)) for one in fields(Patience)}),
        watch=WatchRules(
            tuple(
                Margin(rank, 1 + rise(f"p{rank}", default) / 100, rise("milliseconds", 5))
                for rank, default in ((50, 25), (95, 50), (99, 100))
            )
        ),
    )


def _check_bucket_name(located: Located, project: str, region: str) -> None:
    """Refuse a project name that would make an invalid bucket name, before anything is created."""
    longest = len(Names(project, "").state_bucket("0" * 12, region))
    if longest > BUCKET_NAME_LIMIT:
        room = len(project) - (longest - BUCKET_NAME_LIMIT)
        raise ConfigurationInvalid(
            f"{located.name}:{located.line('project')}: project {project!r} is too long for {region}: "
            f"the state bucket's name would have {longest} characters, and S3 takes {BUCKET_NAME_LIMIT}",
            hint=f"shorten it to {room} characters",
        )


def _inside(root: Path, located: Located, key: str, value: str) -> Path:
    """Return a path that hybridctl writes to: inside the checkout, even after resolving symbolic links."""
    path = root / value
    if not path.resolve().is_relative_to(root):
        raise ConfigurationInvalid(
            f"{located.name}:{located.line(key, 'function')}: {key} = {value!r} is outside the checkout {root}",
            hint="use a path inside it",
        )
    return path


def _smoke(located: Located, table: Any) -> SmokePlan:
    content = check_table(located, "smoke", table, SMOKE)
    questions = []
    for number, one in enumerate(content.get("checks", ())):
        check = check_table(located, "smoke.checks", one, SMOKE_CHECK, nth=number)
        where = f"{located.name}:{located.line('checks', 'smoke.checks', number)}"
        if "name" not in check or ("call" in check) == ("event" in check):
            lacks = "a name" if "name" not in check else "either a call or an event"
            raise ConfigurationInvalid(f"{where}: a check needs {lacks}", hint='for example call = "GET /orders"')
        method, _, path = check.get("call", "").partition(" ")
        call = Call(method, path, check.get("body"), check.get("headers", {}), check.get("event"))
        questions.append(Question(check["name"], call, check.get("status", 200), check.get("expect", {})))
    defaults = SmokePlan()
    return SmokePlan(
        content.get("health", defaults.health),
        tuple(questions),
        content.get("version_headers", defaults.names_version),
    )


_WORKER_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")


def _worker(located: Located, name: str, table: Any) -> Worker:
    where = f"functions.{name}"
    if not _WORKER_NAME.fullmatch(name):
        raise ConfigurationInvalid(
            f"{located.name}:{located.line(name)}: a function cannot be named {name!r}",
            hint="up to 30 lower-case letters, digits and dashes; its full name is PROJECT-NAME-ENVIRONMENT",
        )
    content = check_table(located, where, table, WORKER)
    checks = content.get("checks", ())
    if "handler" not in content or not checks:
        raise ConfigurationInvalid(
            f"{located.name}:{located.line(name)}: [{where}] needs {'checks' if 'handler' in content else 'a handler'}",
            hint=f'a version serves once it is proven: [[{where}.checks]] with name = "..." and messages = ["..."]',
        )
    questions = tuple(_worker_check(located, f"{where}.checks", number, one) for number, one in enumerate(checks))
    return Worker(name, content["handler"], SmokePlan(questions=questions, names_version=False))


def _worker_check(located: Located, table: str, number: int, raw: Any) -> Question:
    check = check_table(located, table, raw, WORKER_CHECK, nth=number)
    given = [key for key in ("messages", "event", "schedule") if check.get(key)]
    if "name" not in check or len(given) != 1:
        lacks = "a name" if "name" not in check else "one of messages, event and schedule"
        where = f"{located.name}:{located.line('name', table, number)}"
        raise ConfigurationInvalid(f"{where}: a check needs {lacks}", hint='like messages = ["{}"]')
    event = {
        "messages": lambda: queue_event(check["messages"]),
        "event": lambda: check["event"],
        "schedule": schedule_event,
    }[given[0]]()
    return Question(check["name"], Call.of_event(event), 200, check.get("expect", {}))


def _environment(located: Located, name: str, table: Any, region: str) -> Environment:
    content = check_table(located, f"environments.{name}", table, ENVIRONMENT)
    sandbox = bool(content.get("sandbox", False))
    protected = bool(content.get("protected", False))
    default = Consent.NONE if sandbox else Consent.TYPED if protected else Consent.CONFIRM
    return Environment(
        name=name,
        region=str(content.get("region", region)),
        sandbox=sandbox,
        account=content.get("account"),
        function=content.get("function"),
        role=content.get("role"),
        protected=protected,
        consent=Consent(content.get("consent", default)),
        strategy=_strategy(located, name, content, "canary" if protected else "all-at-once"),
        stop_alarms=tuple(content["stop_alarms"]) if "stop_alarms" in content else None,
        profile=content.get("profile"),
    )


def _strategy(located: Located, name: str, content: Mapping[str, Any], default: str) -> Strategy:
    try:
        return parse_strategy(content.get("strategy", default), option="strategy")
    except UsageInvalid as cause:
        line = located.line("strategy", f"environments.{name}")  # slow: it reads the whole file
        raise ConfigurationInvalid(f"{located.name}:{line}: {cause}", hint=cause.hint) from cause
