"""Find existing functions without a hybridctl.toml: on AWS, or on a folder's sandbox."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from hybridctl.adapters.packaging.artifacts import LambdaPackage
from hybridctl.context import Whereabouts
from hybridctl.errors import NotFound
from hybridctl.ports.machine import ExistingFunctions, SourcePackages
from hybridctl.settings import PRIVATE, Settings
from hybridctl.settings_file import load_settings
from hybridctl.views.screen import Screen

_USUAL_REGION = "us-east-1"


def open_existing(where: Whereabouts, environ: Mapping[str, str], screen: Screen) -> ExistingFunctions:
    """Return the functions there; the folder's sandbox is started if it is not running.

    Raises NotFound if the folder has no sandbox.
    """
    from hybridctl.adapters.aws.existing_function import AwsExistingFunctions
    from hybridctl.adapters.aws.session import AwsSession
    from hybridctl.adapters.http import Urllib3Probe
    from hybridctl.domain.profile import choose_profile

    if where.sandbox:
        from hybridctl.adapters.sandbox import LocalSandbox

        region = where.region or _USUAL_REGION
        home = where.folder / PRIVATE / "sandbox"
        if not home.exists():
            raise NotFound(
                f"there is no sandbox in {where.folder}, and so no function to take over",
                hint="run in the folder whose sandbox has it: hybridctl init --from-function NAME --env local",
            )
        sandbox = LocalSandbox(home, environment=environ, region=region)
        with screen.progress().step("sandbox") as step:
            step.now("starting")
            status = sandbox.start()
            step.done(f"running on {status.endpoint}")
        session = AwsSession(status.region or region, endpoint=status.endpoint, key=status.key)
        told = f"on the sandbox of {where.folder}"
    else:
        profile = choose_profile(where.profile, None, "", environ)
        region = where.region or _find_region(profile.asked, environ)
        session = AwsSession(region, profile=profile)
        told = f"in {region}"
    account = session.account()
    told = told if where.sandbox else f"{told} of account {account}"
    probe = Urllib3Probe(environ, stays_here=where.sandbox)
    return AwsExistingFunctions(session.client, probe.download, account, session.region, told)


def open_source_packages(environ: Mapping[str, str]) -> SourcePackages:
    from hybridctl.adapters.packaging.existing_package import ExistingPackages

    return ExistingPackages(partial(_open_package, environ=environ))


def _open_package(project: Path, *, environ: Mapping[str, str]) -> LambdaPackage:
    from hybridctl.wiring.machine import open_artifacts

    settings: Settings = load_settings(project, environ)
    found = open_artifacts(settings)
    assert isinstance(found, LambdaPackage)  # noqa: S101  (open_artifacts opens no other)
    return found


def _find_region(profile: str | None, environ: Mapping[str, str]) -> str:
    """Return the region that the AWS CLI would use."""
    from botocore.session import Session

    from hybridctl.adapters.aws.errors import explain_failures

    with explain_failures("reading the AWS settings"):
        configured = Session(profile=profile).get_config_variable("region")
    return str(environ.get("AWS_REGION") or configured or _USUAL_REGION)
