"""Check this machine, before any environment is reached."""

from collections.abc import Iterator

from hybridctl.domain.diagnosis import Finding, ok, warn
from hybridctl.domain.target import describe_other_python, is_python_of
from hybridctl.operations.doctor_check import DoctorCheck
from hybridctl.ports.machine import Prerequisites


def machine_checks(prerequisites: Prerequisites, runtime: str, *, is_sandbox: bool) -> Iterator[DoctorCheck]:
    yield DoctorCheck("python", lambda: ok("python", prerequisites.python()))
    yield DoctorCheck("git", lambda: _git(prerequisites))
    yield DoctorCheck("engine", lambda: ok("engine", str(prerequisites.engine())))
    yield DoctorCheck("disk", lambda: ok("disk", prerequisites.private_folder()))
    yield DoctorCheck("source", lambda: ok("source", prerequisites.source()))
    yield DoctorCheck("leftovers", lambda: _leftovers(prerequisites), prerequisites.remove_leftovers)
    if is_sandbox:
        yield DoctorCheck("sandbox", lambda: ok("sandbox", prerequisites.sandbox()))
        yield DoctorCheck("runtime", lambda: _runtime(prerequisites, runtime))
        yield DoctorCheck("isolation", lambda: _isolation(prerequisites))
    else:
        yield DoctorCheck("proxy", lambda: ok("proxy", prerequisites.proxy()))
        yield DoctorCheck("http client", lambda: ok("http client", prerequisites.http_client()))


def _git(prerequisites: Prerequisites) -> Finding:
    path = prerequisites.git()
    if doubt := prerequisites.git_doubt():
        fix = "git config --global --add safe.directory PATH" if "does not trust" in doubt else "git status"
        return warn("git", f"releases cannot record their commit: {doubt}", fix)
    return ok("git", path)


def _runtime(prerequisites: Prerequisites, runtime: str) -> Finding:
    version = prerequisites.function_python(runtime)
    if is_python_of(runtime, version):
        return ok("runtime", f"functions run on Python {version}")
    minor = runtime.removeprefix("python")
    return warn("runtime", describe_other_python(runtime, version), f"uv python install {minor}")


def _isolation(prerequisites: Prerequisites) -> Finding:
    if reason := prerequisites.unable_to_isolate():
        return warn("isolation", reason, "hybridctl sandbox gaps")
    return ok("isolation", "each function can write to its own /tmp only")


def _leftovers(prerequisites: Prerequisites) -> Finding:
    """Check that no plan of a killed run is left over: plans contain every value in plain text."""
    leftovers = prerequisites.leftovers()
    if not leftovers:
        return ok("leftovers", "no leftover plan files")
    return warn(
        "leftovers",
        f"leftover plan files of killed runs contain secrets in plain text: {', '.join(leftovers)}",
        "hybridctl doctor --fix",
    )
