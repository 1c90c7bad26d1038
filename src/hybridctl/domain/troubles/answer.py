"""The answer of `troubleshoot`: evidence, verdict, and remedy."""

import json
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class TroubleEvidence:
    """One piece of evidence. `bad` is true if it indicates the trouble."""

    what: str
    said: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Remedy:
    """A command and why it helps. hybridctl itself can apply a `deploy` with these variables."""

    why: str
    command: str
    deploys: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TroubleAnswer:
    """The answer for one trouble of one environment. `found` says whether the trouble exists."""

    trouble: str
    environment: str
    found: bool
    verdict: str
    evidence: tuple[TroubleEvidence, ...]
    remedy: Remedy
    explained: tuple[str, ...] = ()


def remedy_by_deploy(environment: str, why: str, **variables: object) -> Remedy:
    """Return a remedy by a deploy. It saves its values, so that the next deploy does not undo it."""
    values = {name: value if isinstance(value, str) else json.dumps(value) for name, value in variables.items()}
    words = ["hybridctl", "deploy", environment]
    words += [word for name, value in values.items() for word in ("--var", f"{name}={value}")]
    words += ["--save"] if values else []
    return Remedy(why, shlex.join(words), deploys=True, variables=values)


def keep_applicable(answer: TroubleAnswer, declared: Collection[str] | None) -> TroubleAnswer:
    """Return the answer. Its deploy is kept only if the project's Terraform declares the variables that it sets.

    `declared` is None if the variables cannot be read; then the deploy reports missing ones.
    """
    missing = [name for name in answer.remedy.variables if declared is not None and name not in declared]
    if not missing:
        return answer
    why = (
        f"{answer.remedy.why}; this project's Terraform has no variable "
        f"{' or '.join(missing)}: set the value in the HCL"
    )
    return replace(answer, remedy=Remedy(why, f"hybridctl plan {answer.environment}"))


def remedy_by_look(command: str, why: str) -> Remedy:
    """Return a remedy that changes nothing: a command that shows more."""
    return Remedy(why, command)


def answer_gone(
    trouble: str, environment: str, part: str, said: str, why: str = "a deploy recreates it"
) -> TroubleAnswer:
    """Return the answer for a missing part of the environment, without which the trouble cannot be judged."""
    return TroubleAnswer(
        trouble, environment, True, said, (TroubleEvidence(part, said, bad=True),), remedy_by_deploy(environment, why)
    )
