"""Credentials as AWS's own chain finds them: resolved once for this process and its children, never written down."""

from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import explain_failures
from hybridctl.domain.profile import Profile
from hybridctl.errors import AwsRefused, UnknownProfile
from hybridctl.settings_schema import nearest

if TYPE_CHECKING:
    from botocore.session import Session

# Where a child would look for credentials of its own: it is given ours instead.
CHAIN = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
)


class Known:
    """botocore's credential provider, for credentials that are known already."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def load_credentials(self) -> Any:
        return self._credentials


def open_session(profile: Profile) -> "Session":
    """A session of botocore for the profile; UnknownProfile names those that the AWS configuration has."""
    from botocore.session import Session

    session = Session(profile=profile.asked)
    wanted, known = session.profile, sorted(session.available_profiles)
    if wanted is not None and wanted not in known:
        near = nearest(wanted, known)
        there = f"profiles: {', '.join(known)}" if known else "it has none; aws configure makes one"
        raise UnknownProfile(
            f"the AWS configuration has no profile {wanted!r} (from {profile.source})",
            hint=f"did you mean {near!r}? {there}" if near else there,
        )
    return session


def is_costly(credentials: Any) -> bool:
    """Whether finding them again may ask a person: they refresh themselves, and keys in a file do not."""
    return getattr(credentials, "method", None) in ("assume-role", "custom-process")


def resolve_credentials(profile: Profile) -> Any:
    """Whatever the profile says: keys, SSO, `credential_process`, a role with or without MFA; they refresh themselves.

    Raises AwsRefused where an MFA code is asked for and nobody can type it.
    """
    with explain_failures("reading the AWS credentials"):
        try:
            found = open_session(profile).get_credentials()
            if found is not None:
                found.get_frozen_credentials()  # a role is taken now, so that a code is asked for at one known moment
        except EOFError as cause:
            raise AwsRefused(
                f"reading the AWS credentials: the profile {profile.name or 'default'} requires an MFA code, "
                "but there is no terminal to enter it",
                hint='run in a terminal: eval "$(aws configure export-credentials --format env)"',
            ) from cause
    return found


# What botocore calls its providers (botocore/credentials.py), and what a person would.
_METHODS = {
    "env": "environment variables (AWS_ACCESS_KEY_ID)",
    "shared-credentials-file": "the shared credentials file",
    "config-file": "the AWS config file",
    "assume-role": "a role that the profile assumes",
    "assume-role-with-web-identity": "a web identity token (OIDC)",
    "ec2-credentials-file": "the file of AWS_CREDENTIAL_FILE",
    "boto-config": "boto's own config file",
    "sso": "IAM Identity Center",
    "custom-process": "the profile's credential_process",
    "iam-role": "the instance's role (EC2 metadata)",
    "container-role": "the container's role",
    "login": "aws login",
}


def describe_source(credentials: Any, profile: Profile) -> str:
    """Where credentials come from; a method that is unknown by its own name."""
    if credentials is None:
        return "none"
    method = str(getattr(credentials, "method", "") or "unknown")
    told = _METHODS.get(method, method)
    return f"{told}, profile {profile.name}" if profile.name and method != "env" else told


def as_environment(credentials: Any) -> dict[str, str]:
    """The variables that carry them; empty where there are none."""
    if credentials is None:
        return {}
    frozen = credentials.get_frozen_credentials()
    carried = {"AWS_ACCESS_KEY_ID": frozen.access_key, "AWS_SECRET_ACCESS_KEY": frozen.secret_key}
    return carried | ({"AWS_SESSION_TOKEN": frozen.token} if frozen.token else {})
