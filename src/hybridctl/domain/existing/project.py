"""The files of a project for an existing function, besides its HCL: configuration, README, test, workflow."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from hybridctl.domain.environment import Names
from hybridctl.domain.existing.api_hcl import find_moved_integrations
from hybridctl.domain.existing.function import LiveFunction
from hybridctl.domain.existing.function_hcl import only_on_aws
from hybridctl.domain.existing.hcl import literal
from hybridctl.domain.existing.root import render_terraform

SOURCE = "function"
# Files that a build would read as its own input. They are renamed, so that a build does not read them.
_RENAMED = {"requirements.txt": "requirements-of-function.txt", "requirements.lock": "requirements-of-function.lock"}
_BUILD_FILE = "build.json"


@dataclass(frozen=True, slots=True)
class ProjectCheck:
    """A check that the function passed while it was read: a path with its status, or an event."""

    path: str = ""
    status: int = 200
    event: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """The new project: its name, the function's environment, and the checks that prove each version.

    `handler` is the package's file with the handler, None if a layer has it. `names_version` is true if the answers
    contain x-function-version and x-build. `secret_files` are files in the package that look like secrets.
    """

    name: str
    environment: str
    checks: tuple[ProjectCheck, ...]
    handler: str | None
    names_version: bool = False
    secret_files: tuple[str, ...] = ()


def render_project(
    function: LiveFunction, project: Project, common: Mapping[str, str], members: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Return all files of the project by path. `common` are the files that all projects have; `members` are those of
    the zip.
    """
    texts = {
        "hybridctl.toml": _toml(function, project),
        "README.md": _readme(function, project),
        "ruff.toml": f'extend-exclude = [".hybridctl", "{SOURCE}"] # do not lint the code that was taken over\n',
        **_test(function, project),
        **render_terraform(function, project.environment),
        **{path: _fill_in_environment(text, project.environment) for path, text in common.items()},
    }
    sources = {
        _RENAMED.get(name, f"{SOURCE}/{name}"): content for name, content in members.items() if name != _BUILD_FILE
    }
    return {path: text.encode() for path, text in texts.items()} | sources


def describe_takeover(function: LiveFunction, project: Project) -> list[str]:
    """Describe what the user needs to know: what stays unchanged, what a deploy changes, and what is not written to a
    file.
    """
    notes = []
    if function.alias is None:
        notes.append(
            f"{function.name} has no alias: the first deploy publishes a version and creates the alias "
            f"{function.alias_name}"
        )
    if find_moved_integrations(function):
        notes.append("its API calls the function itself: the first deploy points it to the alias")
    elif function.alias and function.latest_sha256 != function.configuration["CodeSha256"]:
        notes.append(
            f"$LATEST contains other code than the live version {function.alias.version}: "
            "these files are those of the live version, and a deploy updates $LATEST to match"
        )
    if function.secrets:
        names = ", ".join(function.secrets)
        is_one = len(function.secrets) == 1
        what = "its value looks like a secret" if is_one else "their values look like secrets"
        notes.append(f"{names}: {what}, so no file here has {'it' if is_one else 'them'}: AWS keeps what is there")
    if lacking := only_on_aws(function):
        what = "Terraform leaves them as they are" if project.environment == "local" else "local does without them"
        notes.append(f"{', '.join(lacking)}: the sandbox does not emulate these, so {what}")
    if project.handler is None:
        notes.append(
            f"the handler {function.handler} is not in the package, perhaps in a layer: after a change of the source "
            "a build is refused until the handler is one of the package's own"
        )
    notes += [f"{SOURCE}/{name} looks like a secret: take it out before you commit" for name in project.secret_files]
    notes += [f"left as it is: {one}" for one in function.unmanaged]
    notes += [
        f"{one} calls the function and not its alias, so a deploy reaches it before it is proven: point it to the alias"
        for one in function.callers
    ]
    return notes


def render_toml(value: Any) -> str:
    """Return a value as inline TOML. Raises ValueError for null, which TOML does not have."""
    if value is None:
        raise ValueError("TOML has no null")
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(name)} = {render_toml(one)}' for name, one in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(render_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _toml(function: LiveFunction, project: Project) -> str:
    lines = [
        f'project = "{project.name}"',
        f'region = "{function.region}"',
        'default_environment = "local"',
        "",
        "[function]",
        f'source = "{SOURCE}"',
        'package = "build/function.zip"',
        f'handler = "{function.handler}"',
        f'runtime = "{function.runtime}"',
        f'architecture = "{function.architecture}"',
        f'alias = "{function.alias_name}"',
    ]
    if project.secret_files:
        lines.append(f"include = {render_toml(list(project.secret_files))} # they look like secrets")
    lines += ["", "[terraform]", 'environments = "infra"', "", "[smoke]"]
    if health := next((one.path for one in project.checks if one.path and one.status == 200), ""):
        lines.append(f"health = {json.dumps(health)}")
    if not project.names_version:
        lines.append("version_headers = false # the handler does not answer with x-function-version and x-build")
    lines += ["", "# Every version must pass these checks before it gets traffic. Add your own."]
    for one in project.checks:
        lines += ["[[smoke.checks]]"]
        if one.event is not None:
            lines += ['name = "it answers an event"', f"event = {render_toml(one.event)}"]
        else:
            lines += [f'name = "GET {one.path}"', f'call = "GET {one.path}"']
            lines += [f"status = {one.status}"] if one.status != 200 else []
        lines.append("")
    lines += ["[environments.local]", "sandbox = true", *_own_name(function, project, "local")]
    if project.environment != "local":
        lines += ["", f"[environments.{project.environment}]", "protected = true", f'account = "{function.account}"']
        lines += _own_name(function, project, project.environment)
    return "\n".join(lines) + "\n"


def _own_name(function: LiveFunction, project: Project, environment: str) -> list[str]:
    """Return the settings for names that do not follow the naming rule."""
    names, role = Names(project.name, environment), f"{function.role.path}{function.role.name}".strip("/")
    own = [] if function.name == names.function else [f'function = "{function.name}"']
    return own + ([f'role = "{role}"'] if function.owns_role and role != names.role else [])


def _readme(function: LiveFunction, project: Project) -> str:
    environment = project.environment
    notes = "".join(f"- {one}\n" for one in describe_takeover(function, project)) or "- nothing\n"
    rehearsal = (
        ""
        if environment == "local"
        else "\nRehearse on this machine first, without AWS and without Docker:\n\n```sh\nhybridctl deploy local\n```\n"
    )
    return f"""# {project.name}

The Lambda function `{function.name}`, taken over by hybridctl. Its code is in `{SOURCE}/`, its Terraform in `infra/`.

```sh
pipx install 'hybridctl[sandbox]'
hybridctl plan {environment}
hybridctl deploy {environment}
```

The plan imports what exists. The deploy proves the live version and records it. Then delete
`infra/{environment}/imports.tf`: it is no longer needed.
{rehearsal}
## What to know

{notes}
## Tests

```sh
pip install -r requirements-dev.txt
python -m pytest
```

Every version must pass the checks in `hybridctl.toml` before it gets traffic. The function passed these when it was
taken over. Add checks for what your callers rely on.
"""


def find_handler(function: LiveFunction, members: Collection[str]) -> str | None:
    """Return the package's file with the handler, or None if a layer has it."""
    stem = function.handler.rpartition(".")[0].replace(".", "/")
    return next((name for name in (f"{stem}.py", f"{stem}/__init__.py") if name in members), None)


def _test(function: LiveFunction, project: Project) -> dict[str, str]:
    """Return a test that the handler exists, if it is in the package."""
    if project.handler is None:
        return {}
    return {"tests/test_handler.py": _test_of(f"{SOURCE}/{project.handler}", function.handler.rpartition(".")[2])}


def _test_of(path: str, name: str) -> str:
    return f'''"""The handler exists where Lambda looks for it. Add tests of its behavior here."""

import ast
from pathlib import Path

HANDLER = Path({json.dumps(path)})


def test_the_handler_is_there():
    tree = ast.parse(HANDLER.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = {{node.name for node in nodes if isinstance(node, functions)}}
    names |= {{node.id for node in nodes if isinstance(node, ast.Name)}}
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    names |= {{one.asname or one.name for node in imports for one in node.names}}
    assert {json.dumps(name)} in names
'''


def _fill_in_environment(text: str, environment: str) -> str:
    """Replace "production" in the workflow by the function's environment."""
    if environment in ("local", "production"):
        return text
    return re.sub(r"\bproduction\b", environment, text)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else literal(name)


def read_event(text: str) -> Mapping[str, Any]:
    """Read an event that the user typed. Raises ValueError if it is not a JSON object or contains null."""
    event = json.loads(text)
    if not isinstance(event, dict):
        raise ValueError("it is not a JSON object")
    render_toml(event)
    return event
