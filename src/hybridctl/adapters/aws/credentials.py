"""Credentials from AWS's credential chain, resolved once for this process and its children. They are never stored."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import SETTINGS_HINT, explain_failures
from hybridctl.domain.profile import Profile
from hybridctl.errors import AwsRefused, UnknownProfile
from hybridctl.settings_schema import nearest

if TYPE_CHECKING:
    from botocore.session import Session

# Variables that a child process would use to find its own credentials. It gets ours.
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
    """A botocore credential provider for credentials that are already known."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def load_credentials(self) -> Any:
        return self._credentials


def open_session(profile: Profile) -> "Session":
    """Return a botocore session for the profile. Raises UnknownProfile, which lists the known profiles."""
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
    """Return whether resolving the credentials again may prompt the user. These credentials refresh themselves; keys in
    a file do not.
    """
    return getattr(credentials, "method", None) in ("assume-role", "custom-process")


def resolve_credentials(profile: Profile) -> Any:
    """Resolve the profile's credentials: keys, SSO, `credential_process`, or a role with or without MFA. They refresh
    themselves.

    Raises AwsRefused if an MFA code is required and there is no terminal, if the profile's program or token file
    cannot be used, and if a key cannot be sent.
    """
    doing = "reading the AWS credentials"
    with explain_failures(doing):
        try:
            found = open_session(profile).get_credentials()
            if found is not None:
                # This also assumes a role now, so that an MFA prompt comes at a known time.
                _must_be_sendable(found.get_frozen_credentials(), describe_source(found, profile))
        except EOFError as cause:
            raise AwsRefused(
                f"reading the AWS credentials: the profile {profile.name or 'default'} requires an MFA code, "
                "but there is no terminal to enter it",
                hint='run in a terminal: eval "$(aws configure export-credentials --format env)"',
            ) from cause
        except (OSError, ValueError) as cause:  # botocore starts programs, and reads files and JSON, unguarded
            why = "its credential_process printed no JSON" if isinstance(cause, JSONDecodeError) else str(cause)
            raise AwsRefused(
                f"{doing} of the profile {profile.name or 'default'}: {why}", hint=SETTINGS_HINT
            ) from cause
    return found


def _must_be_sendable(keys: Any, source: str) -> None:
    """Raise AwsRefused for a key with white space or other characters that no key has.

    botocore would print the whole value, also a secret: "Invalid header value b'...'" (boto/botocore#2001).
    """
    values = {"access key id": keys.access_key, "secret access key": keys.secret_key, "session token": keys.token}
    for name, value in values.items():
        if value and not re.fullmatch(r"[!-~]+", value):
            raise AwsRefused(
                f"reading the AWS credentials: the {name} from {source} contains a line break, a space or another "
                "character that no key has",
                hint="store it again without the line break at its end: printf %s, not echo",
            )


# botocore's names of its providers (botocore/credentials.py), and descriptions for users.
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
    """Describe where credentials come from. An unknown method is shown by its name."""
    if credentials is None:
        return "none"
    method = str(getattr(credentials, "method", "") or "unknown")
    label = _METHODS.get(method, method)
    return f"{label}, profile {profile.name}" if profile.name and method != "env" else label


def find_end(credentials: Any, environ: Mapping[str, str]) -> datetime | None:
    """Return when credentials from environment variables expire, or None if that is unknown or they refresh themselves.

    `aws configure export-credentials` and aws-vault set the variable, and botocore reads it.
    """
    ends = environ.get("AWS_CREDENTIAL_EXPIRATION", "")
    if getattr(credentials, "method", None) != "env" or not ends:
        return None
    try:
        end = datetime.fromisoformat(ends)
    except ValueError:
        return None
    return end if end.tzinfo else end.replace(tzinfo=UTC)


def as_environment(credentials: Any) -> dict[str, str]:
    """Return the environment variables for the credentials, or no variables without credentials."""
    if credentials is None:
        return {}
    frozen = credentials.get_frozen_credentials()
    carried = {"AWS_ACCESS_KEY_ID": frozen.access_key, "AWS_SECRET_ACCESS_KEY": frozen.secret_key}
    return carried | ({"AWS_SESSION_TOKEN": frozen.token} if frozen.token else {})
