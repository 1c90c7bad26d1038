"""Take over an existing Lambda function: read it, record its answers, and write a project that imports it."""

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hybridctl.domain.api_event import DEFAULT, Gateway
from hybridctl.domain.counting import count_noun
from hybridctl.domain.existing.function import LiveFunction, must_be_taken_over
from hybridctl.domain.existing.project import (
    SOURCE,
    Project,
    ProjectCheck,
    describe_takeover,
    find_handler,
    read_event,
    render_project,
)
from hybridctl.domain.scaffold import Initialized, TemplateName, Wish, fault_of, fill
from hybridctl.domain.smoke import direct_event, read_invocation
from hybridctl.domain.smoke_plan import Call
from hybridctl.errors import CheckFailed, UsageInvalid
from hybridctl.operations.init import write_files
from hybridctl.ports.machine import ExistingFunctions, SourcePackages, Templates
from hybridctl.ports.run import Clock, Progress

_MOST_CHECKS = 3
_EVENT_HINT = "an event that changes nothing, which proves each version: --event '{\"ping\": true}'"


@dataclass(frozen=True, slots=True)
class TakeOver:
    """What to take over and where to write it; `event` is JSON. `ask_event` asks for it if it is needed."""

    function: str
    project: str
    environment: str
    folder: Path
    start: Path
    hybridctl: str
    alias: str | None = None
    event: str | None = None
    ask_event: Callable[[str], str] = lambda _: ""
    dry_run: bool = False


def take_over(
    functions: ExistingFunctions,
    packages: SourcePackages,
    templates: Templates,
    clock: Clock,
    progress: Progress,
    request: TakeOver,
) -> Initialized:
    """Write the project and keep the live package, so that the first plan contains only imports.

    The function is called once for each GET route without variables, or with the event. Nothing changes in AWS.
    """
    with progress.step("read") as step:
        step.now(f"reading {request.function}")
        function = functions.read(request.function, request.alias)
        must_be_taken_over(function)
        wish = Wish(TemplateName.HTTP, request.project, function.region, function.runtime, request.hybridctl)
        if (fault := fault_of(wish, any_runtime=True)) is not None:
            raise UsageInvalid(fault[0], hint=fault[1])
        members = packages.members(function.code)
        step.done(_describe(function, len(members)))
    with progress.step("ask") as step:
        checks, names_version = _ask(functions, function, clock, request)
        if not function.group.exists:  # the function has written its first lines now
            function = functions.read(function.name, request.alias)
        step.done(", ".join(f"GET {one.path} {one.status}" if one.path else "the event" for one in checks))
    secret = packages.secrets(members)
    handler = find_handler(function, members)
    project = Project(request.project, request.environment, tuple(checks), handler, names_version, secret)
    common = fill(templates.common(), wish)
    files = render_project(function, project, common, members)
    executable = {f"{SOURCE}/{name}" for name in packages.executables(function.code)}
    states = write_files(
        templates, request.folder, files, start=request.start, dry_run=request.dry_run, executable=executable
    )
    if not request.dry_run:
        packages.keep(request.folder, function.code)
    steps = [f"hybridctl {verb} {request.environment}" for verb in ("plan", "deploy")]
    if request.folder != request.start:
        steps.insert(0, f"cd {shlex.quote(str(request.folder.relative_to(request.start)))}")
    notes = tuple(describe_takeover(function, project))
    return Initialized(
        request.folder, request.project, None, states, tuple(steps), request.dry_run, function.name, notes
    )


def _describe(function: LiveFunction, files: int) -> str:
    alias = f"alias {function.alias.name} at version {function.alias.version}" if function.alias else "no alias"
    api = f", API {function.api.id}" if function.api else ""
    return f"{function.name}, {function.runtime}, {count_noun(files, 'file')}, {alias}{api}"


def _ask(
    functions: ExistingFunctions, function: LiveFunction, clock: Clock, request: TakeOver
) -> tuple[list[ProjectCheck], bool]:
    """Return the checks that the live version passes now, and whether all its answers name version and build."""
    found = list(_ask_paths(functions, function, clock))
    names_version = bool(found) and all(named for _, named in found)
    checks = [check for check, _ in found]
    event = request.event
    if event is None and not checks:
        why = "no HTTP API calls it" if function.api is None else "none of its GET routes answers without a variable"
        event = request.ask_event(f"{why}: an event that changes nothing, as JSON")
        if not event:
            raise UsageInvalid(f"{function.name} needs an event: {why}", hint=_EVENT_HINT)
    if event is not None:
        try:
            given = read_event(event)
        except ValueError as cause:
            raise UsageInvalid(f"--event: {cause}", hint=_EVENT_HINT) from cause
        ran = functions.ask(function, given)
        if ran.error:
            raise CheckFailed(
                f"{function.name} fails with that event: {_message(ran.payload)}", hint="give one that it answers"
            )
        checks.append(ProjectCheck(event=given))
    return checks, names_version and event is None


def _ask_paths(
    functions: ExistingFunctions, function: LiveFunction, clock: Clock
) -> Iterator[tuple[ProjectCheck, bool]]:
    api = function.api
    if api is None:
        return
    stage = str(api.stage.get("StageName", DEFAULT))
    gateway = Gateway(stage, clock.now(), api.route_keys, api.id, function.account, function.region)
    for path in api.reads[:_MOST_CHECKS]:
        call = Call("GET", path)
        ran = functions.ask(function, direct_event(call, gateway))
        answer = read_invocation(call, ran)
        if ran.error or answer.status >= 500:
            continue
        yield ProjectCheck(path, answer.status), "x-build" in answer.headers


def _message(payload: Any) -> str:
    return str(payload.get("errorMessage", payload)) if isinstance(payload, Mapping) else str(payload)
