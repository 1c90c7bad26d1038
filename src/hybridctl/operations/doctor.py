"""The guide's prerequisites, each looked at and each with its fix."""

from collections.abc import Callable

from hybridctl.domain.diagnosis import Diagnosis, Finding, Level
from hybridctl.errors import HybridctlError
from hybridctl.ports import Backend, Prerequisites


def diagnose(environment: str, open_backend: Callable[[], Backend], prerequisites: Prerequisites) -> Diagnosis:
    """Look at everything, also after a failure; what depends on a failed part is left out."""
    findings = [
        _found("python", prerequisites.python),
        _found("private folder", prerequisites.private_folder),
        _found("git", prerequisites.git),
    ]
    backends: list[Backend] = []

    def reach() -> str:
        backend = open_backend()
        backends.append(backend)
        where = backend.place.endpoint or "AWS"
        return f"account {backend.place.account} in {backend.place.region}, {where}"

    findings.append(_found("account", reach))
    findings.append(_found("engine", lambda: str(prerequisites.engine())))
    for backend in backends:
        findings += [_state(backend), _live(backend)]
    return Diagnosis(environment, tuple(findings))


def _found(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, Level.OK, look())
    except HybridctlError as error:
        return Finding(name, Level.FAIL, str(error), error.hint or "")


def _state(backend: Backend) -> Finding:
    try:
        outputs = backend.state.outputs()
    except HybridctlError as error:
        return Finding("state", Level.FAIL, str(error), error.hint or "")
    if outputs is None:
        return Finding("state", Level.WARN, "nothing is deployed yet", f"hybridctl deploy {backend.place.environment}")
    return Finding("state", Level.OK, f"{len(outputs.values)} outputs")


def _live(backend: Backend) -> Finding:
    try:
        alias = backend.functions.live()
        running = backend.journal.running()
    except HybridctlError as error:
        return Finding("release", Level.FAIL, str(error), error.hint or "")
    if running is not None:
        return Finding("release", Level.WARN, f"{running.kind} {running.id} is not finished", "hybridctl status")
    if alias is None:
        return Finding("release", Level.WARN, "no version is live yet", f"hybridctl deploy {backend.place.environment}")
    return Finding("release", Level.OK, f"{alias.name} serves version {alias.version}")
