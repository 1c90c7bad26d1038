"""The ports of this machine and checkout, independent of the environment."""

from __future__ import annotations  # start-up: what the annotations name is imported by type checkers only

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hybridctl.ports.machine import (
        Artifacts,
        Checkout,
        GitHub,
        PlanFiles,
        Prerequisites,
        Prices,
        Sandbox,
        Templates,
    )
    from hybridctl.settings import Settings


def open_sandbox(settings: Settings) -> Sandbox:
    from hybridctl.adapters.sandbox import LocalSandbox

    region = next((one.region for one in settings.environments.values() if one.sandbox), settings.region)
    return LocalSandbox(settings.private / "sandbox", environment=settings.environ, region=region)


def open_artifacts(settings: Settings) -> Artifacts:
    from hybridctl.adapters.packaging.artifacts import LambdaPackage

    return LambdaPackage(
        source=settings.source,
        package=settings.package,
        runtime=settings.runtime,
        architecture=settings.architecture,
        work=settings.private / "build",
        environ=settings.environ,
        handler=settings.handler,
        include=settings.include,
        exclude=settings.exclude,
    )


def open_checkout(settings: Settings) -> Checkout:
    from hybridctl.adapters.checkout import GitCheckout

    def list_packaged() -> list[Path]:
        from hybridctl.adapters.packaging.source import read_source

        found = read_source(settings.source, settings.include, settings.exclude)
        return [settings.source / file.path for file in found.files]

    return GitCheckout(
        settings.root, settings.private, settings.terraform_environments, settings.environ, list_packaged
    )


def open_prerequisites(settings: Settings) -> Prerequisites:
    from hybridctl.adapters.prerequisites import ThisMachine

    needed = {"function.source": settings.source, "terraform.environments": settings.terraform_environments}
    return ThisMachine(settings.root, settings.private, settings.engine, settings.environ, needed)


def open_prices(settings: Settings) -> Prices:
    from hybridctl.adapters.aws.session import AwsSession
    from hybridctl.adapters.price_list import API_REGION, ListPrices
    from hybridctl.domain.profile import choose_profile

    profile = choose_profile(settings.typed_profile, None, "", settings.environ)
    session = AwsSession(API_REGION, profile=profile)
    return ListPrices(settings.private, lambda: session.client("pricing"))


def open_templates() -> Templates:
    from hybridctl.adapters.templates import PackagedTemplates

    return PackagedTemplates()


def open_github(settings: Settings) -> GitHub:
    from hybridctl.adapters import github

    return github.GitHubClient(settings.environ)


def open_plan_files() -> PlanFiles:
    from hybridctl.adapters.plan_file import PlanArchive

    return PlanArchive()
