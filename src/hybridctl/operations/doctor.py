"""Check everything that can be wrong before, between and after releases, each with a fix."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

from hybridctl.domain.agreement import ConfiguredFunction
from hybridctl.domain.checks import judge, verdict_on
from hybridctl.domain.diagnosis import Diagnosis, Finding, Level, fail, warn
from hybridctl.domain.environment import Environment, Names
from hybridctl.domain.impossible_values import find_impossible_values
from hybridctl.domain.outputs import find_missing_outputs
from hybridctl.errors import HybridctlError
from hybridctl.operations.doctor_check import DoctorCheck
from hybridctl.operations.doctor_environment import EnvironmentPorts, environment_checks
from hybridctl.operations.doctor_machine import machine_checks
from hybridctl.operations.facts import FactsPorts, read_facts
from hybridctl.operations.record import RecordPorts, close_dead
from hybridctl.ports.machine import Checkout, Prerequisites
from hybridctl.ports.run import Clock, Progress

_AT_ONCE = 8


class DoctorPorts(EnvironmentPorts, FactsPorts, RecordPorts, Protocol):
    """The ports that doctor uses."""


@dataclass(frozen=True, slots=True)
class Patient:
    """The environment to check, and how to connect to it."""

    environment: Environment
    names: Names
    open_backend: Callable[[], DoctorPorts]
    function: ConfiguredFunction


def diagnose(
    patient: Patient,
    prerequisites: Prerequisites,
    checkout: Checkout,
    clock: Clock,
    *,
    fix: bool = False,
    drift_seen_by: Progress | None = None,
) -> Diagnosis:
    """Run every check, even after a failure, except those that depend on a failed part.

    The environment itself is judged by the same checks and facts as in `status`; with `drift_seen_by`, drift is checked
    too. `fix` does only what is safe: it touches nothing but the leftovers of dead processes, and the sandbox.
    """
    name = patient.environment.name
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        here = machine_checks(prerequisites, patient.function.runtime, is_sandbox=patient.environment.sandbox)
        at_hand = [pool.submit(_look, check, fix=fix) for check in here]
        reached = environment_checks(
            patient.environment, patient.names, patient.open_backend, checkout, clock, patient.function
        )
        beyond = [pool.submit(_look, check, fix=fix) for check in reached.checks]
        findings = [one.result() for one in at_hand] + list(reached.findings) + [one.result() for one in beyond]
    declared = checkout.outputs(name)
    if declared is not None and (missing := find_missing_outputs(declared, has_api=not declared)):
        findings.append(fail("outputs", *missing))
    declared_values = {"planned_values": {"root_module": {"resources": checkout.resources(name)}}}
    if impossible := find_impossible_values(declared_values):
        findings.append(fail("values", "; ".join(impossible), "correct them in the HCL or in terraform.tfvars"))
    if reached.backend is None:
        return Diagnosis(name, tuple(findings))
    backend = reached.backend
    closed = _give_up_dead_release(backend) if fix else ""
    facts = read_facts(backend, clock, drift_seen_by=drift_seen_by)
    judged = judge(facts)
    shown = [replace(one, fixed=closed) if one.name == "release" and closed else one for one in judged]
    if not facts.is_deployed:
        shown.append(warn("deployed", f"{name} is not deployed yet", f"hybridctl deploy {name}"))
    return Diagnosis(name, (*findings, *shown), verdict_on(facts, judged))


def _give_up_dead_release(backend: DoctorPorts) -> str:
    try:
        closed = close_dead(backend, backend.journal.claim())
    except HybridctlError as error:
        return f"--fix failed: {error}"
    return f"closed the record of {closed.id}, whose process has died" if closed else ""


def _look(check: DoctorCheck, *, fix: bool) -> Finding:
    finding = _run_check(check)
    if not fix or check.repair is None or finding.level is Level.OK:
        return finding
    try:
        done = check.repair()
    except HybridctlError as error:
        return replace(finding, fixed=f"--fix failed: {error}")
    return replace(_run_check(check), fixed=done)


def _run_check(check: DoctorCheck) -> Finding:
    try:
        return check.look()
    except HybridctlError as error:
        return fail(check.name, str(error), error.hint or "")
    except Exception as bug:  # one look's mistake must not hide what the others found
        return fail(check.name, f"could not be checked: {type(bug).__name__}: {bug}", "this is a bug; please report it")
