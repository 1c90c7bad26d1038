"""Which profile of the AWS configuration acts on an environment, and who chose it."""

from collections.abc import Mapping

from hybridctl.values import dataclass

OPTION = "--profile"
# botocore reads them in this order (botocore/configprovider.py, BOTOCORE_DEFAUT_SESSION_VARIABLES).
_VARIABLES = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
# Credentials that the shell holds itself, as CI and `aws configure export-credentials` provide them.
_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


@dataclass(frozen=True, slots=True)
class Profile:
    """`name` is None where AWS's own rules decide; `source` is --profile, a line of hybridctl.toml or a variable."""

    name: str | None = None
    source: str = "default"

    @property
    def asked(self) -> str | None:
        """The profile to ask botocore for. It reads its own variables itself, and keys of the shell win over those."""
        return None if self.source in _VARIABLES else self.name


def choose_profile(
    typed: str | None, configured: str | None, configured_at: str, environ: Mapping[str, str]
) -> Profile:
    """The one typed behind --profile, else `configured` in hybridctl.toml, else what the shell says.

    Credentials of the shell win over hybridctl.toml, so that a file with everyone's profiles works in CI.
    """
    if typed:
        return Profile(typed, OPTION)
    held = next((name for name in _CREDENTIALS if environ.get(name)), None)
    if configured:
        return Profile(None, held) if held else Profile(configured, configured_at)
    named = next((name for name in _VARIABLES if environ.get(name)), None)
    return Profile(environ[named], named) if named else Profile()
