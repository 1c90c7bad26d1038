"""What `troubleshoot` answers: the evidence, what it comes to, and the command that fixes it."""

import json
import shlex
from collections.abc import Collection, Mapping
from dataclasses import field, replace

from hybridctl.values import dataclass


@dataclass(frozen=True, slots=True)
class TroubleEvidence:
    """One thing that was looked at; `bad` when it speaks for the trouble."""

    what: str
    said: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to type, and why it helps; a `deploy` with those variables can be applied by hybridctl itself."""

    why: str
    command: str
    deploys: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TroubleAnswer:
    """One trouble of one environment; `found` says whether it is there at all."""

    trouble: str
    environment: str
    found: bool
    verdict: str
    evidence: tuple[TroubleEvidence, ...]
    remedy: Remedy
    explained: tuple[str, ...] = ()


def remedy_by_deploy(environment: str, why: str, **variables: object) -> Remedy:
    """A remedy through the release pipeline; its values are kept, so that the next deploy does not undo it."""
    told = {name: value if isinstance(value, str) else json.dumps(value) for name, value in variables.items()}
    words = ["hybridctl", "deploy", environment]
    words += [word for name, value in told.items() for word in ("--var", f"{name}={value}")]
    words += ["--save"] if told else []
    return Remedy(why, shlex.join(words), deploys=True, variables=told)


def keep_applicable(answer: TroubleAnswer, declared: Collection[str] | None) -> TroubleAnswer:
    """The answer, with a deploy only where the project's Terraform declares the variables that it sets.

    `declared` is None where the variables cannot be read: then the deploy itself says what is missing.
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
    """Nothing to change: where to look on."""
    return Remedy(why, command)


def answer_gone(
    trouble: str, environment: str, part: str, said: str, why: str = "a deploy recreates it"
) -> TroubleAnswer:
    """The answer where a part of the environment is gone, so that the trouble itself cannot be judged."""
    return TroubleAnswer(
        trouble, environment, True, said, (TroubleEvidence(part, said, bad=True),), remedy_by_deploy(environment, why)
    )
