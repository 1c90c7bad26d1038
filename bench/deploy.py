"""Deploying to the sandbox.

This shows what the release pipeline adds to plain Terraform, with the same engine, root, provider and state.
"""

import json
from collections.abc import Callable, Iterator, Sequence

from bench.commands import Inside, command, timed
from bench.contest import Contender, Contest, nothing
from bench.workshop import HYBRIDCTL, Checkout, Workshop
from hybridctl.adapters.sandbox import LocalSandbox
from hybridctl.adapters.terraform.engine import find_engine
from hybridctl.adapters.terraform.environment import child_environment
from hybridctl.domain.environment import Names
from hybridctl.domain.sandbox import SandboxStatus

_REGION = "us-east-1"


def contests(workshop: Workshop) -> Iterator[Contest]:
    checkout = workshop.checkout("deploy")
    checkout.must("deploy", "local")
    engine = find_engine(None, checkout.environ).argv
    rounds = iter(range(10_000))

    def change() -> None:
        checkout.touch(next(rounds))

    def change_and_build() -> None:
        change()
        checkout.must("build")

    deploy = [HYBRIDCTL, "deploy", "local"]
    yield Contest(
        "a new version",
        command("hybridctl deploy local", deploy, checkout.inside, prepare=change),
        [_terraform(checkout, "terraform init, plan, apply", _lines(checkout, engine, apply=True), change_and_build)],
        rounds=5,
        note="hybridctl also builds, checks the plan, tests the version, moves the alias, smoke-tests and records it",
    )
    checkout.must("deploy", "local")
    yield Contest(
        "nothing to do",
        command("hybridctl deploy local", deploy, checkout.inside),
        [_terraform(checkout, "terraform init, plan", _lines(checkout, engine, apply=False), nothing)],
        rounds=5,
        note="hybridctl also runs the smoke test on the public endpoint",
    )


def _lines(checkout: Checkout, engine: Sequence[str], *, apply: bool) -> list[list[str]]:
    names, account = Names("hybrid-ci-cd", "local"), str(_status(checkout).account)
    backend = {
        "bucket": names.state_bucket(account, _REGION),
        "region": _REGION,
        "key": names.state_key,
        "use_path_style": "true",
    }
    settings = [f"-backend-config={name}={value}" for name, value in backend.items()]
    init = [*engine, "init", "-input=false", "-reconfigure", *settings]
    plan = [*engine, "plan", "-input=false", "-out=bench.plan"]
    return [init, plan, [*engine, "apply", "-input=false", "bench.plan"]] if apply else [init, plan]


def _terraform(checkout: Checkout, name: str, lines: Sequence[Sequence[str]], prepare: Callable[[], None]) -> Contender:
    """The engine with the environment that hybridctl would give it, and a data folder of its own."""
    environ = child_environment(
        checkout.sandbox, checkout.root / ".bench-terraform", reattach=json.dumps(_status(checkout).reattach)
    )
    root = checkout.root / "terraform" / "environments" / "local"
    return Contender(name, lambda: timed(lines, Inside(root, environ)), prepare)


def _status(checkout: Checkout) -> SandboxStatus:
    return LocalSandbox(checkout.root / ".hybridctl" / "sandbox").status()
