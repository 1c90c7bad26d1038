"""Deploying to the sandbox.

This shows what the release pipeline adds to plain Terraform, with the same engine, root, provider and state. Two pairs
use the sandbox's own provider, which answers at once, and two hashicorp/aws, which is what a deploy to AWS uses.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.commands import Inside, command, timed
from bench.contest import Contender, Contest, nothing
from bench.workshop import HYBRIDCTL, Checkout, Workshop
from hybridctl.adapters.sandbox import LocalSandbox
from hybridctl.adapters.terraform.engine import find_engine
from hybridctl.adapters.terraform.environment import child_environment
from hybridctl.domain.environment import Names
from hybridctl.domain.sandbox import SandboxStatus

MIRROR = "HYBRIDCTL_TEST_PROVIDER_MIRROR"
_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class _Provider:
    """Which provider Terraform uses: the options of `hybridctl deploy`, and the environment of both contenders."""

    words: Sequence[str] = ()
    environ: Mapping[str, str] | None = None
    suffix: str = ""
    rounds: int = 5
    missing: str = ""


def contests(workshop: Workshop) -> Iterator[Contest]:
    checkout = workshop.checkout("deploy")
    checkout.must("deploy", "local")
    for provider in (_Provider(), _find_real_provider(workshop)):
        yield from _contests(checkout, provider)


def _contests(checkout: Checkout, provider: _Provider) -> Iterator[Contest]:
    engine = find_engine(None, checkout.environ).argv
    rounds = iter(range(10_000))

    def change() -> None:
        checkout.touch(next(rounds))

    def change_and_build() -> None:
        change()
        checkout.must("build")

    deploy = [HYBRIDCTL, "deploy", "local", *provider.words]
    inside = Inside(checkout.root, checkout.environ | dict(provider.environ or {}))
    lines = _lines(checkout, engine)
    yield Contest(
        f"a new version{provider.suffix}",
        command("hybridctl deploy local", deploy, inside, prepare=change),
        [_terraform(checkout, provider, "terraform init, plan, apply", lines, change_and_build)],
        rounds=provider.rounds,
        note="hybridctl also builds, checks the plan, tests the version, moves the alias, smoke-tests and records it",
        skipped=provider.missing,
    )
    if not provider.missing:
        checkout.must("deploy", "local")
    yield Contest(
        f"nothing to do{provider.suffix}",
        command("hybridctl deploy local", deploy, inside),
        [
            _terraform(checkout, provider, "terraform init, plan, apply", lines, nothing),
            _terraform(checkout, provider, "terraform init, plan alone", lines[:2], nothing),
        ],
        rounds=provider.rounds,
        note="the three commands are what somebody types to deploy; init and plan alone answer only whether there is "
        "something to do. hybridctl also runs the smoke test on the public endpoint",
        skipped=provider.missing,
    )


def _find_real_provider(workshop: Workshop) -> _Provider:
    """hashicorp/aws from a filesystem mirror, so that its download is not measured."""
    mirror, suffix = os.environ.get(MIRROR, ""), ", by hashicorp/aws"
    if not Path(mirror, "registry.terraform.io", "hashicorp", "aws").is_dir():
        return _Provider(suffix=suffix, missing=f"{MIRROR} does not name a filesystem mirror of hashicorp/aws")
    configuration = workshop.folder / "terraformrc"
    configuration.write_text(
        f"provider_installation {{\n  filesystem_mirror {{\n    path = {json.dumps(mirror)}\n  }}\n}}\n"
    )
    return _Provider(("--provider", "hashicorp"), {"TF_CLI_CONFIG_FILE": str(configuration)}, suffix, rounds=3)


def _lines(checkout: Checkout, engine: Sequence[str]) -> list[list[str]]:
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
    return [init, plan, [*engine, "apply", "-input=false", "bench.plan"]]


def _terraform(
    checkout: Checkout,
    provider: _Provider,
    name: str,
    lines: Sequence[Sequence[str]],
    prepare: Callable[[], None],
) -> Contender:
    """The engine with the environment that hybridctl would give it, and a data folder of its own."""
    more = provider.environ
    environ = child_environment(
        checkout.sandbox | dict(more or {}),
        checkout.root / f".bench-terraform{'-real' if more else ''}",
        reattach=None if more else json.dumps(_status(checkout).reattach),
    )
    root = checkout.root / "terraform" / "environments" / "local"
    return Contender(name, lambda: timed(lines, Inside(root, environ)), prepare)


def _status(checkout: Checkout) -> SandboxStatus:
    return LocalSandbox(checkout.root / ".hybridctl" / "sandbox").status()
