"""Explains how an engine ended: an error that says what was being done and what to do next."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from hybridctl.adapters import disk
from hybridctl.adapters.process import Ran
from hybridctl.adapters.terraform.events import Diagnostic, Heard, read_errors
from hybridctl.domain.refusals import Refused, find_kind, is_busy, next_step
from hybridctl.domain.state_lock import StateLock
from hybridctl.errors import EngineFailed, HybridctlError, LockHeld, OutcomeUnknown, PlanStale, StateMoved
from hybridctl.files import disk_full

# If the environment variables are too long, Lambda's error repeats all of them with their values.
_VALUES = re.compile(r"\s*String measured: \{.*?\}(?=[;\s(]|$)", re.DOTALL)
# The engine's general advice about locks, which ends in `-lock=false` or `force-unlock`.
_LOCK_ADVICE = re.compile(r"\s*(?:Terraform|OpenTofu) acquires a (?:state )?lock\b.*", re.DOTALL)
_LOCK = "Error acquiring the state lock"
_STALE = ("Saved plan is stale", "Saved plan does not match the given state")
# `state push` of a state that is not the successor of the stored one.
_OTHER_STATE = re.compile(r"\b(?:serial|lineage)\b")
_OTHER_LOCKS = "Inconsistent dependency lock file"
# The lock file of the root does not fit its HCL, and `init` may not change it.
_UNLOCKED = (
    "Provider dependency changes detected",
    _OTHER_LOCKS,
    "does not match configured version constraint",
    "doesn't match any of the checksums",
)
_OTHER_ENGINE = "Unsupported Terraform Core version"
# While a canary or Lambda splits the traffic of an alias with provisioned concurrency: hashicorp/terraform#24957.
_WEIGHTS = "Alias with weights can not be used with Provisioned Concurrency"
# Terraform's messages for a type or argument that the sandbox's provider does not support.
_BEYOND_SANDBOX = re.compile(r"does not support (?:resource type|data source)|does not implement \w+ of aws_")
# The provider's process has ended, for example because the machine had no memory left for it.
_PROVIDER_GONE = re.compile(
    r"Plugin did not respond|timeout while waiting for plugin to start|rpc error: code = Unavailable"
)
# The same of the sandbox, which serves both the provider and the state.
_SANDBOX_GONE = re.compile(rf"Reattachment process not found|connect: connection refused|{_PROVIDER_GONE.pattern}")
_NEWER_PROVIDER = "Resource instance managed by newer provider version"  # exoscale/terraform-provider-exoscale#525
_UNRESERVED = "UnreservedConcurrentExecution below its minimum"  # anomalyco/sst#5829
_EXISTS = ("EntityAlreadyExists", "ResourceInUseException", "already exists", "AlreadyExistsException")


def failure(
    doing: str,
    environment: str,
    ran: Ran,
    heard: Heard,
    *,
    errored: Path | None = None,
    full: Path | None = None,
    lock: Callable[[], StateLock | None] = lambda: None,
    sandboxed: bool = False,
) -> HybridctlError:
    """Return the error that explains a failed run.

    `errored` is the state that could not be written, `full` a folder on a full disk, and `lock` reads the state's lock.
    `sandboxed` is true if the sandbox's provider replaces hashicorp/aws.
    """
    what = f"{doing} of {environment}"
    said = " ".join([*map(str, heard.errors), *heard.noise, ran.stderr])
    if errored is None and (full is not None or disk.is_told(said)):
        return disk_full(what, full or Path.cwd())
    if ran.code < 0 and doing == "apply":
        return OutcomeUnknown(
            f"{what}: Terraform was killed (signal {-ran.code}), perhaps after changes that its state does not contain",
            hint=f"hybridctl deploy {environment} checks what exists and continues",
        )
    if held := _explain_lock(what, environment, heard.errors, lock):
        return held
    for error in heard.errors:
        if error.summary in _STALE or (error.summary == _OTHER_LOCKS and doing == "apply"):
            return PlanStale(
                f"{what}: {error}", hint=f"nothing was changed; create a new plan: hybridctl plan {environment}"
            )
    if errored is not None:
        why = f", because {Refused.EXPIRED}" if find_kind(said) is Refused.EXPIRED else ""
        return explain_forked_state(
            f"{what}: Terraform could not write its state{why}, and saved it in {errored}",
            environment,
            first=f"{next_step(Refused.EXPIRED, said)}; then " if why else "",
        )
    errors = _list_texts(heard.errors)
    words = _VALUES.sub("", last_words(ran, errors or heard.noise[-3:]))
    if sandboxed and _BEYOND_SANDBOX.search(words):
        return EngineFailed(
            f"{what}: {words}; this is the sandbox's own provider instead of hashicorp/aws",
            hint=f"hybridctl sandbox gaps lists what it has; with the real one: {_again(doing, environment)}",
        )
    if sandboxed and _SANDBOX_GONE.search(words):
        return EngineFailed(
            f"{what}: the sandbox has ended: {words}",
            hint=f"hybridctl {_verb(doing)} {environment} starts it again; hybridctl sandbox logs may say why",
        )
    return EngineFailed(f"{what}: {words}", hint=_next_step(doing, words, environment))


def explain_state_change(doing: str, environment: str, ran: Ran, *, again: str) -> HybridctlError:
    """Return the error for a failed command that changes the state alone. `again` is the command of hybridctl that
    repeats it.
    """
    errors = read_errors(ran.stderr)
    if held := _explain_lock(doing, environment, errors, lambda: None):
        return held
    words = last_words(ran, _list_texts(errors))
    if _OTHER_STATE.search(words):
        return StateMoved(
            f"{doing}: {words}",
            hint="another apply has written the state since: "
            f"hybridctl state push {environment} --set-aside, then hybridctl deploy {environment}",
        )
    kind = find_kind(words)
    step = f"{next_step(kind, words)}; then " if kind else "fix the cause, then "
    return EngineFailed(f"{doing}: {words}", hint=f"{step}hybridctl {again} {environment}")


def _list_texts(errors: Sequence[Diagnostic]) -> list[str]:
    return list(dict.fromkeys(_LOCK_ADVICE.sub("", str(error)) for error in errors))


def _explain_lock(
    what: str, environment: str, errors: Sequence[Diagnostic], lock: Callable[[], StateLock | None]
) -> LockHeld | None:
    """Return the error if another engine holds the state. `lock` reads a lock that Terraform could not read."""
    for error in errors:
        if _LOCK in error.summary and (holder := _holder(error.detail) or _unreadable(lock)):
            return LockHeld(
                f"{what}: the state is locked: {holder}",
                hint=f"wait until it ends; if its process is dead: hybridctl state unlock {environment}",
            )
    return None


def _again(doing: str, environment: str) -> str:
    return f"hybridctl {_verb(doing)} {environment} --provider hashicorp"


def _verb(doing: str) -> str:
    return doing if doing in ("plan", "destroy") else "deploy"


def explain_forked_state(what: str, environment: str, *, first: str = "") -> OutcomeUnknown:
    """Return the error for a state file beside the root: continuing without it would fork the state."""
    return OutcomeUnknown(what, hint=f"{first}hybridctl state push {environment} uploads it")


def last_words(ran: Ran, errors: Sequence[str] = ()) -> str:
    said = list(errors) or ran.stderr.strip().splitlines()[-3:]
    told = [words for line in said if (words := _in_words(line.strip()))]
    return "; ".join(told) or f"the engine exited with code {ran.code} and no message"


def _in_words(line: str) -> str:
    """Return a line of output for people. From the engine's JSON, even truncated, only the error message is
    returned.
    """
    if not line.startswith("{"):
        return line
    found = re.search(r'"@message":"((?:[^"\\]|\\.)*)"', line)
    return json.loads(f'"{found[1]}"', strict=False) if found and '"@level":"info"' not in line else ""


def _next_step(doing: str, words: str, environment: str) -> str:
    """Return the next step for causes with a known remedy; otherwise describe the current state."""
    if "CodeStorageExceeded" in words:
        return f"hybridctl releases prune {environment} frees code storage; then deploy again"
    if _WEIGHTS in words:
        return f"hybridctl status {environment} shows who splits the alias's traffic; end that first, then deploy again"
    again = f"hybridctl {_verb(doing)} {environment}"
    if _OTHER_ENGINE in words:
        return f"nothing was changed; install an engine that fits required_version, then {again}"
    if any(told in words for told in _UNLOCKED):
        return (
            "nothing was changed; to change the providers, run terraform init -upgrade -backend=false and terraform "
            f"providers lock in the root, and commit .terraform.lock.hcl; then {again}"
        )
    if _NEWER_PROVIDER in words:
        return f"nothing was changed; get the .terraform.lock.hcl of whoever deployed last: git pull; then {again}"
    left = "no traffic was moved" if doing == "apply" else "nothing was changed"
    if _PROVIDER_GONE.search(words):
        return f"{left}; hashicorp/aws ended, and takes up to 1 GB of memory: free -h; then {again}"
    if is_busy(words):
        return f"{left}; AWS is still busy with an earlier change: wait a minute, then {again}"
    if _UNRESERVED in words:
        return f"{left}; hybridctl doctor {environment} shows the quota, and values that fit"
    if kind := find_kind(words):
        return f"{left}; {next_step(kind, words)}; then {again}"
    if doing != "apply":
        return f"nothing was changed; hybridctl doctor {environment} checks the requirements"
    if any(name in words for name in _EXISTS):
        return f"hybridctl deploy {environment} imports what belongs to this environment, and names what does not"
    return f"no traffic was moved; fix the cause, then hybridctl deploy {environment} continues"


def _unreadable(lock: Callable[[], StateLock | None]) -> str:
    """Describe a lock that Terraform could not read, or return "" if there is no such lock and the cause is
    different.
    """
    try:
        found = lock()
    except HybridctlError:
        return ""
    return f"an unknown holder: the lock is unreadable, {found.unreadable}" if found and found.unreadable else ""


def _holder(detail: str) -> str:
    """Return the holder and time from the lock's description in the diagnostic (Terraform provides only text)."""
    found = {
        name.strip(): value.strip()
        for name, _, value in (line.partition(":") for line in detail.splitlines())
        if name.strip() in ("Who", "Created", "Operation")
    }
    if not found.get("Who") and not found.get("Created"):
        return ""
    return (
        f"{found.get('Operation', 'an operation')} by {found.get('Who', 'somebody')} since {found.get('Created', '?')}"
    )
