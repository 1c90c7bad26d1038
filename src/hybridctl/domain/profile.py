"""The AWS profile for an environment, and where the choice comes from."""

from collections.abc import Mapping
from dataclasses import dataclass

OPTION = "--profile"
# botocore reads them in this order (botocore/configprovider.py, BOTOCORE_DEFAUT_SESSION_VARIABLES).
_VARIABLES = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
# Variables with credentials of the shell, as set by CI and by `aws configure export-credentials`.
_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


@dataclass(frozen=True, slots=True)
class Profile:
    """An AWS profile. `name` is None if AWS's own rules decide; `source` is --profile, a line of hybridctl.toml or a
    variable.
    """

    name: str | None = None
    source: str = "default"

    @property
    def asked(self) -> str | None:
        """The profile to pass to botocore. botocore reads its own variables itself, and keys in the shell take
        precedence over them.
        """
        return None if self.source in _VARIABLES else self.name


def choose_profile(
    typed: str | None, configured: str | None, configured_at: str, environ: Mapping[str, str]
) -> Profile:
    """Choose the profile from --profile, else `configured` in hybridctl.toml, else the shell.

    Credentials in the shell take precedence over hybridctl.toml, so that a file with profiles also works in CI.
    """
    if typed:
        return Profile(typed, OPTION)
    held = next((name for name in _CREDENTIALS if environ.get(name)), None)
    if configured:
        return Profile(None, held) if held else Profile(configured, configured_at)
    named = next((name for name in _VARIABLES if environ.get(name)), None)
    return Profile(environ[named], named) if named else Profile()
