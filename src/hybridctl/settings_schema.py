"""The keys of `hybridctl.toml` with their types, and the errors for invalid ones."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hybridctl.domain.environment import Consent
from hybridctl.domain.strategy import NOTATIONS
from hybridctl.domain.strategy import PATTERN as STRATEGY
from hybridctl.errors import ConfigurationInvalid

_KINDS = {str: "a string", bool: "true or false", int: "a number", dict: "a table", list: "a list"}


@dataclass(frozen=True, slots=True)
class SettingKey:
    """One key: its type, and the `pattern` or `choices` of its value.

    A list contains strings, or `tables`.
    """

    type: type
    about: str
    pattern: str | None = None
    choices: tuple[str, ...] = ()
    tables: bool = False


TOP: Mapping[str, SettingKey] = {
    "project": SettingKey(str, "prefix of every AWS name", r"[a-z][a-z0-9-]{1,30}[a-z0-9]"),
    "region": SettingKey(str, "default AWS region of the environments", r"[a-z]{2}(-[a-z]+)+-\d"),
    "default_environment": SettingKey(str, "default environment of commands"),
    "function": SettingKey(dict, "the Lambda function"),
    "functions": SettingKey(dict, "workers: further functions of the same package, each `[functions.NAME]`"),
    "terraform": SettingKey(dict, "location of the HCL"),
    "smoke": SettingKey(dict, "what the smoke test checks"),
    "notify": SettingKey(dict, "who is notified of releases and rollbacks"),
    "patience": SettingKey(dict, "maximum waits, in seconds"),
    "watch": SettingKey(dict, "how much slower a new version may be (p50, p95, p99)"),
    "environments": SettingKey(dict, "one table per environment"),
}
FUNCTION: Mapping[str, SettingKey] = {
    "source": SettingKey(str, "folder of the handler"),
    "package": SettingKey(str, "path of the zip that build writes"),
    "handler": SettingKey(str, "handler that Lambda calls, as module.function", r"[\w./-]+\.\w+"),
    "runtime": SettingKey(str, "Lambda runtime", r"python3\.\d+"),
    "architecture": SettingKey(str, "instruction set", choices=("arm64", "x86_64")),
    "alias": SettingKey(str, "the alias that serves traffic", r"[A-Za-z][A-Za-z0-9_-]*"),
    "include": SettingKey(list, 'files to package although they are usually left out or refused, as ["backend/tests"]'),
    "exclude": SettingKey(list, 'files in the source to leave out, as ["*.sql", "backend/.env"]'),
}
WORKER: Mapping[str, SettingKey] = {
    "handler": SettingKey(str, "handler that Lambda calls, as module.function", r"[\w.]+\.\w+"),
    "checks": SettingKey(
        list, "what a version has to pass before it serves, each `[[functions.NAME.checks]]`", tables=True
    ),
}
WORKER_CHECK: Mapping[str, SettingKey] = {
    "name": SettingKey(str, "name in the report"),
    "messages": SettingKey(list, 'the bodies of messages, handed over as a queue does: ["{\\"order\\": 1}"]'),
    "event": SettingKey(dict, "in place of messages: the event itself"),
    "schedule": SettingKey(bool, "in place of messages: true sends the event of a schedule"),
    "expect": SettingKey(dict, 'expected members of the JSON response; "*" is any value'),
}
TERRAFORM: Mapping[str, SettingKey] = {
    "environments": SettingKey(str, "folder with one Terraform root per environment"),
    "engine": SettingKey(str, "terraform, tofu, bundled, or a path [default: the first one found]"),
    "shell_variables": SettingKey(
        list, 'variables that Terraform may take from TF_VAR_* in the shell, as ["db_password"]'
    ),
}
SMOKE: Mapping[str, SettingKey] = {
    "health": SettingKey(str, "path that answers 200 when the backend is healthy [default: /health]", r"/\S*"),
    "version_headers": SettingKey(
        bool, "whether the handler's answers carry x-function-version and x-build [default: true]"
    ),
    "checks": SettingKey(
        list, "checks that replace the built-in session life cycle, each as `[[smoke.checks]]`", tables=True
    ),
}
SMOKE_CHECK: Mapping[str, SettingKey] = {
    "name": SettingKey(str, "name in the report"),
    "call": SettingKey(str, "method and path, as GET /orders?limit=1", r"(GET|POST|PUT|PATCH|DELETE) /\S*"),
    "event": SettingKey(dict, "in place of call: the event that the function is invoked with, through its alias"),
    "body": SettingKey(dict, "JSON body to send"),
    "headers": SettingKey(dict, "headers to send"),
    "status": SettingKey(int, "expected status [default: 200]"),
    "expect": SettingKey(dict, 'expected members of the JSON response; "*" is any value'),
}
NOTIFY: Mapping[str, SettingKey] = {
    "webhook_variable": SettingKey(
        str, "name of the environment variable that holds the webhook's URL, a secret", r"[A-Za-z_]\w*"
    ),
    "format": SettingKey(str, "format of the webhook [default: slack]", choices=("slack", "teams")),
    "command": SettingKey(
        list, 'command that receives the release\'s JSON record on stdin, as ["scripts/page", "--team", "ops"]'
    ),
}
PATIENCE: Mapping[str, SettingKey] = {
    "silence": SettingKey(int, "a request, or a read from AWS, gets no response [default: 60]"),
    "settle": SettingKey(int, "an alias has moved, but another version still answers [default: 20]"),
    "busy": SettingKey(int, "Lambda is updating the function and refuses to move its alias [default: 180]"),
    "allocation": SettingKey(int, "Lambda allocates provisioned concurrency [default: 900]"),
    "permission": SettingKey(int, "a new permission is still denied [default: 30]"),
    "lock": SettingKey(int, "someone else holds Terraform's state lock [default: 20]"),
}
WATCH: Mapping[str, SettingKey] = {
    "p50": SettingKey(int, "allowed increase of the median of warm requests, in percent [default: 25]"),
    "p95": SettingKey(int, "allowed increase of their p95, in percent [default: 50]"),
    "p99": SettingKey(int, "allowed increase of their p99, in percent [default: 100]"),
    "milliseconds": SettingKey(int, "increase in ms that is always allowed [default: 5]"),
}
ENVIRONMENT: Mapping[str, SettingKey] = {
    "sandbox": SettingKey(bool, "runs on the offline sandbox"),
    "function": SettingKey(str, "name of the function, where it is not PROJECT-ENVIRONMENT", r"[A-Za-z0-9_-]{1,64}"),
    "role": SettingKey(
        str, "path and name of the function's role, where it is not PROJECT-function-ENVIRONMENT", r"[\w+=,.@/-]+"
    ),
    "account": SettingKey(str, "the only AWS account that this environment may use", r"\d{12}"),
    "region": SettingKey(str, "AWS region, if it is not the project's", r"[a-z]{2}(-[a-z]+)+-\d"),
    "profile": SettingKey(
        str, "profile of the AWS configuration, unless --profile is given or the shell has keys", r"\S.*"
    ),
    "protected": SettingKey(bool, "true: it must be named on the command line, and --yes requires a plan"),
    "strategy": SettingKey(str, f"how to shift traffic: {NOTATIONS} [default: canary if protected]", STRATEGY),
    "stop_alarms": SettingKey(
        list, "alarms that roll a release back when they turn red [default: all that Terraform created]"
    ),
    "consent": SettingKey(str, "confirmation before a change", choices=tuple(consent.value for consent in Consent)),
}


@dataclass(frozen=True, slots=True)
class Located:
    """The text of the file, to find the line of a key."""

    name: str
    text: str

    def line(self, key: str, table: str = "", nth: int = 0) -> int:
        """Return the line of `key` (below the header of `table`, the `nth` of that name), or of the header, or 1."""
        inside = not table
        header = 1
        seen = -1
        for number, line in enumerate(self.text.splitlines(), start=1):
            if table and table in line and re.match(rf"\s*\[+\s*{re.escape(table)}(\s*\]|\.)", line):
                seen += 1
                if nth in (0, seen):
                    inside, header = True, number
            if inside and key in line and re.match(rf"\s*(\[[^\]]*)?[\"']?{re.escape(key)}[\"']?\s*[=\].]", line):
                return number
        return header

    def invalid(self, what: str, hint: str, key: str, table: str, nth: int) -> ConfigurationInvalid:
        return ConfigurationInvalid(f"{self.name}:{self.line(key, table, nth)}: {what}", hint=hint)

    def wrong(self, key: str, value: object, valid: Sequence[str], table: str = "") -> ConfigurationInvalid:
        hint = f"did you mean {near!r}?" if (near := nearest(str(value), valid)) else f"valid: {', '.join(valid)}"
        where = f"{self.name}:{self.line(key, table)}"
        return ConfigurationInvalid(f"{where}: {key} cannot be {value!r}", hint=hint)


def nearest(typed: str, valid: Sequence[str]) -> str | None:
    """Return the valid name that was probably meant: the only one that begins with it, or a similar one."""
    from difflib import get_close_matches

    if typed and len(longer := [name for name in valid if name.startswith(typed)]) == 1:
        return longer[0]
    return next(iter(get_close_matches(typed, valid, n=1)), None)


def check_table(
    located: Located, table: str, content: Any, keys: Mapping[str, SettingKey], *, nth: int = 0
) -> Mapping[str, Any]:
    """Return the table if every key is known and every value is valid. Raises ConfigurationInvalid otherwise."""
    if not isinstance(content, dict):
        line = located.line(table.rpartition(".")[2])
        raise ConfigurationInvalid(f"{located.name}:{line}: {table} must be a table", hint=f"write [{table}]")
    for key, value in content.items():
        if key not in keys:
            near = nearest(key, tuple(keys))
            hint = f"did you mean {near!r}?" if near else f"valid keys: {', '.join(keys)}"
            raise located.invalid(f"unknown key {key!r}", hint, key, table, nth)
        wanted = keys[key]
        if not isinstance(value, wanted.type):
            raise located.invalid(f"{key} must be {_KINDS[wanted.type]}", wanted.about, key, table, nth)
        if isinstance(value, list) and not all(isinstance(member, dict if wanted.tables else str) for member in value):
            kind = "tables" if wanted.tables else "strings"
            raise located.invalid(f"{key} must be a list of {kind}", wanted.about, key, table, nth)
        if wanted.choices and value not in wanted.choices:
            raise located.wrong(key, value, wanted.choices, table)
        if wanted.pattern and not re.fullmatch(wanted.pattern, str(value)):
            raise located.invalid(f"{key} cannot be {value!r}", f"it is the {wanted.about}", key, table, nth)
    return content
