"""Write the generated pages from the code and the kept figures; `make docs` runs it, a test holds them together."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from typer import Context

from hybridctl.commands.page import help_rows, read_help
from hybridctl.commands.root import build_app
from hybridctl.commands.tree import leaves
from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.ci_role import ci_access
from hybridctl.domain.iam.engineer import engineer_policies
from hybridctl.domain.iam.policy import INLINE_POLICIES_LIMIT, MANAGED_POLICY_LIMIT, size
from hybridctl.domain.iam.subject import Subject
from hybridctl.errors import HybridctlError
from hybridctl.exit_codes import ExitCode
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
    SettingKey,
)

FOLDER = Path(__file__).parent
# Programs and tests of this checkout are not installed.
sys.path[:0] = [str(FOLDER), *(str(FOLDER.parent / name) for name in ("", "tests", "lambda_src"))]
HEADER = "# Reference\n\nWritten by `make docs` from the code; a test holds the two together.\n"


BENCH = """\
# Measured side by side

`make bench` runs hybridctl and the tools that it replaces alternately (A B A B), in one run on one machine, and saves
the figures in `bench/results/`. Each figure is the median of its rounds. The ratio is hybridctl's figure divided by the
other tool's, round by round. Below 1, hybridctl needs less; for figures per second, above 1 is better. Do not compare
seconds from different runs. CPU time is the processor time of all processes that a line starts, without the servers
that it asks. It is the better figure if other work shares the machine.

```sh
make bench                  # everything, with the peers in a virtual environment of their own
make bench ONLY=startup     # one measurement
make docs                   # this page again from the kept figures, measuring nothing
```
"""


IAM = """\
# IAM policies

`make docs` generates this page from `src/hybridctl/domain/iam/grants.py`. Tests evaluate the policies against the calls
that hybridctl and Terraform's provider make, with the resource and the conditions that AWS evaluates.

`hybridctl bootstrap staging --ci OWNER/REPO` creates CI's two roles and the boundary. These commands print an
engineer's policy for any project, environment, account and region, as one document or as managed policies:

```sh
hybridctl bootstrap staging --policy > policy.json
hybridctl bootstrap staging --policies policies
```

| policy | characters | AWS's limit |
| --- | --- | --- |
{sizes}

Longer names need more characters. With the longest allowed names (32 characters for a project, 16 for an environment),
everything still fits, for two environments in one account. If AWS denies a call anyway, for example because a newer
provider reads more, the error names the action and the resource.

## CI: the role that deploys

```json
{deploys}
```

## CI: the role that plans

```json
{plans}
```

## The boundary of the function's role

The boundary grants nothing. It limits what anyone who can edit the function's role can give that role.

```json
{boundary}
```

## An engineer's role

{engineer}
"""


JSON = """\
# JSON for programs

With `--output json`, before or after any command, stdout contains only JSON: one document, or one per line if the
command streams (`logs`, `--watch`). An error is a document too: `{"error": {…}}`, with a `result` if there is one, such
as a failed smoke report. The exit code does not change. [reference.md](reference.md#error-codes) lists the error codes.

`--events FILE` writes progress events to FILE, one JSON object per line.

The schemas below are inferred from the output of the test suite. Every test run is validated against them. Members
that are not `required` may be missing, and new ones may be added.

| answer | members |
| --- | --- |
"""


def pages() -> dict[Path, str]:
    """Every generated page and picture, and its text."""
    import parity
    from draw import pictures

    return pictures() | {
        FOLDER / "reference.md": reference(),
        FOLDER / "bench.md": bench(),
        FOLDER / "iam-policy.md": iam_policy(),
        FOLDER / "json.md": json_answers(),
        FOLDER / "attacks.md": attacks(),
        FOLDER / "canary.md": fill_tables(FOLDER / "canary.md", canary_tables()),
        FOLDER / "scale.md": fill_tables(FOLDER / "scale.md", scale_tables()),
        FOLDER / "sandbox-parity.md": parity.markdown(),
    }


def fill_tables(page: Path, tables: Mapping[str, str]) -> str:
    """The page, with the lines behind each `<!-- table NAME -->` replaced."""
    text = page.read_text(encoding="utf-8")
    place = r"(<!-- table (\S+) -->)\n+(?:\|.*\n)*\n*"
    return re.sub(place, lambda found: f"{found[1]}\n\n{tables[found[2]]}\n\n", text)


def canary_tables() -> dict[str, str]:
    """The simulated verdicts that were kept."""
    from bench.canary import TABLES, load

    return {name: "\n".join(table.lines(load(name))) for name, table in TABLES.items()}


def scale_tables() -> dict[str, str]:
    """What was measured last as an environment grows."""
    from bench.scale import KEPT, lines

    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    return {name: "\n".join(lines(table)) for name, table in kept["tables"].items()}


def json_answers() -> str:
    """Which schema is whose, and what each answer has at its top."""
    rows = []
    for name in ["error", "events", *(name for name, _ in leaves())]:
        path = FOLDER / "json" / f"{name.replace(' ', '-')}.json"
        if path.exists():
            members = json.loads(path.read_text(encoding="utf-8")).get("properties", {})
            shown = ", ".join(f"`{member}`" for member in members)
            rows.append(f"| [{name}](json/{path.name}) | {shown} |")
    return JSON + "\n".join(rows) + "\n"


def attacks() -> str:
    """The cases that the handler's tests carry out."""
    from handler.attacks import page

    return page.text()


def iam_policy() -> str:
    """The policies of staging's roles, in an account that is nobody's."""
    place = Place("staging", "123456789012", "us-east-1")
    names = Names("hybrid-ci-cd", "staging")
    access = ci_access(names, place, Subject("repo:OWNER/REPO:environment:{environment}"), is_protected=True)
    deploys, plans = (role.permissions for role in access.roles)
    engineer = engineer_policies(names, place)
    inline, managed = f"{INLINE_POLICIES_LIMIT:,} (inline)", f"{MANAGED_POLICY_LIMIT:,} each, ten for a role"
    rows = [
        ("CI: deploys", size(deploys), inline),
        ("CI: plans", size(plans), inline),
        ("boundary", size(access.boundary.policy), managed),
        *((name, size(part), managed) for name, part in engineer),
    ]
    return IAM.format(
        sizes="\n".join(f"| {name} | {count:,} | {limit} |" for name, count, limit in rows),
        deploys=json.dumps(deploys, indent=2),
        plans=json.dumps(plans, indent=2),
        boundary=json.dumps(access.boundary.policy, indent=2),
        engineer="\n".join(
            f"### {name}\n\n```json\n{json.dumps(part, indent=2)}\n```\n" for name, part in engineer
        ).rstrip(),
    )


def bench() -> str:
    """The tables of what was measured last."""
    from bench.page import kept, page

    return "\n\n".join([BENCH.rstrip(), *page(kept())]) + "\n"


def reference() -> str:
    """The commands, the configuration and the exit codes."""
    return "\n".join([HEADER, *_commands(), *_configuration(), *_codes()]).rstrip() + "\n"


def _commands() -> Iterator[str]:
    root = build_app()
    yield "## Commands\n"
    yield "These stand before or after any command:\n"
    yield from _rows("option", "option", root, Context(root))
    for name, command in leaves():
        yield from _command(name, command)


def _command(name: str, command: Any) -> Iterator[str]:
    arguments = " ".join(_argument(one) for one in command.params if one.param_type_name == "argument")
    yield f"### `hybridctl {f'{name} {arguments}'.strip()}`\n"
    text = read_help(command.help)
    yield "\n\n".join(" ".join(paragraph.split()) for paragraph in text.prose.split("\n\n")) + "\n"
    context = Context(command)
    yield from _rows("argument", "argument", command, context)
    yield from _rows("option", "option", command, context)
    if text.examples:
        yield "\n".join(["```sh", *text.examples, "```", ""])


def _argument(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    return name if parameter.required else f"[{name}]"


def _rows(title: str, kind: str, command: Any, context: Context) -> Iterator[str]:
    """A table of the command's parameters of this kind, as its help page shows them: values, choices, defaults."""
    shown = [one for one in command.params if one.param_type_name == kind and not one.hidden]
    shown = [one for one in shown if "completion" not in one.name and one.name != "help"]
    rows = [row for one in shown for row in help_rows(one, context)]
    if not rows:
        return
    yield f"| {title} | meaning |\n| --- | --- |"
    for name, text in rows:
        yield f"| `{_cell(name)}` | {_cell(text)} |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _configuration() -> Iterator[str]:
    yield "## `hybridctl.toml`\n"
    yield "Flags win over `HYBRIDCTL_*` variables, these over the file, the file over the defaults.\n"
    for title, keys in (
        ("At the top", TOP),
        ("`[function]`", FUNCTION),
        ("`[functions.NAME]`", WORKER),
        ("`[[functions.NAME.checks]]`", WORKER_CHECK),
        ("`[terraform]`", TERRAFORM),
        ("`[smoke]`", SMOKE),
        ("`[[smoke.checks]]`", SMOKE_CHECK),
        ("`[notify]`", NOTIFY),
        ("`[patience]`", PATIENCE),
        ("`[watch]`", WATCH),
        ("`[environments.NAME]`", ENVIRONMENT),
    ):
        yield f"### {title}\n"
        yield from _keys(keys)


def _keys(keys: Mapping[str, SettingKey]) -> Iterator[str]:
    kinds = {str: "text", bool: "true or false", int: "number", dict: "table", list: "list"}
    yield "| key | type | meaning |\n| --- | --- | --- |"
    for name, key in keys.items():
        kind = ", ".join(f"`{choice}`" for choice in key.choices) or kinds[key.type]
        yield f"| `{name}` | {kind} | {key.about} |"
    yield ""


def _codes() -> Iterator[str]:
    yield "## Exit codes\n"
    yield "| code | meaning |\n| --- | --- |"
    for code in ExitCode:
        yield f"| {code.value} | {code.meaning} |"
    yield ""
    yield "## Error codes\n"
    yield "With `--output json` an error has one of these in `error.code`. They do not change.\n"
    yield "| error code | exit code | meaning |\n| --- | --- | --- |"
    for kind in sorted(error_kinds(), key=lambda kind: kind.code):
        yield f"| `{kind.code}` | {kind.exit_code.value} | {' '.join((kind.__doc__ or '').split())} |"


def error_kinds() -> Iterator[type[HybridctlError]]:
    """Every error that can be shown; those of the adapters are imported first."""
    import hybridctl.adapters.git  # noqa: F401  (it has an error of its own)

    waiting = [HybridctlError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        yield kind


if __name__ == "__main__":
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path}\n")
