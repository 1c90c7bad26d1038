"""Turns exceptions of AWS and botocore into errors that say what was being done and what to do next."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from hybridctl.domain.markup import describe_html
from hybridctl.errors import AwsRefused, HybridctlError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

T = TypeVar("T")

GONE = "ResourceNotFoundException"  # the error code of most services for a missing object
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_UNKNOWN = {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
_SKEWED = {"RequestTimeTooSkewed", "RequestInTheFuture"}
DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "NotAuthorized",
    "UnauthorizedOperation",
    "403",
}
THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "SlowDown",
    "RequestLimitExceeded",
}


def code(error: "ClientError") -> str:
    """The error code of a ClientError, such as "ResourceNotFoundException"."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def explain_failures(doing: str, refusals: Mapping[str, HybridctlError] | None = None) -> Iterator[None]:
    """Turn any botocore exception inside into an AwsRefused that starts with `doing`.

    `refusals` maps AWS's error codes to errors that are raised instead.
    """
    from botocore import exceptions
    from botocore.parsers import ResponseParserError

    try:
        yield
    except HybridctlError:
        raise
    except ResponseParserError as cause:  # not a BotoCoreError: a proxy or captive portal answered instead of AWS
        hint = "check HTTPS_PROXY and AWS_ENDPOINT_URL"
        raise AwsRefused(f"{doing}: the response did not come from AWS", hint=hint) from cause
    except exceptions.ClientError as cause:
        raise (refusals or {}).get(code(cause)) or explain_refusal(doing, cause) from cause
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as cause:
        raise AwsRefused(
            f"{doing}: no AWS credentials", hint="aws sso login, or name a profile: --profile NAME"
        ) from cause
    except (
        exceptions.SSOTokenLoadError,
        exceptions.UnauthorizedSSOTokenError,
        exceptions.TokenRetrievalError,
    ) as cause:
        raise AwsRefused(f"{doing}: the SSO session has ended", hint="aws sso login") from cause
    except exceptions.WaiterError as cause:
        raise AwsRefused(f"{doing}: {cause}", hint="hybridctl status shows the current state") from cause
    except exceptions.BotoCoreError as cause:
        raise AwsRefused(f"{doing}: {cause}", hint="hybridctl doctor checks the connection to AWS") from cause


def read_optional(doing: str, call: Callable[[], T], *absent: str) -> T | None:
    """Return the answer of a call, or None if AWS answers with one of the codes in `absent` (default: GONE)."""
    from botocore.exceptions import ClientError

    with explain_failures(doing):
        try:
            return call()
        except ClientError as cause:
            if code(cause) in (absent or (GONE,)):
                return None
            raise


def explain_refusal(doing: str, cause: "ClientError") -> AwsRefused:
    """Return the error that explains a ClientError."""
    name = code(cause)
    if page := describe_html(str(cause.response.get("Error", {}).get("Message", ""))):
        hint = "check HTTPS_PROXY and AWS_ENDPOINT_URL"
        return AwsRefused(f"{doing}: the response did not come from AWS: {page}", hint=hint)
    message = str(cause.response.get("Error", {}).get("Message", "")).strip() or name
    if "No space left on device" in message:  # from the sandbox, about a disk of this machine
        return AwsRefused(
            f"{doing}: the sandbox's disk is full", hint="df -h .hybridctl; free some space, then deploy again"
        )
    if name in EXPIRED:
        return AwsRefused(f"{doing}: the credentials have expired", hint="aws sso login, or renew the credentials")
    # A wrong clock has the error code of a wrong signature; only the message shows the cause.
    if name in _SKEWED or "Signature expired" in message or "Signature not yet current" in message:
        return AwsRefused(f"{doing}: this machine's clock is wrong: {message}", hint="timedatectl set-ntp true")
    if name in _UNKNOWN:
        return AwsRefused(f"{doing}: AWS does not know these credentials ({name})", hint="aws sts get-caller-identity")
    if name in DENIED:
        return AwsRefused(
            f"{doing}: access denied: {message}", hint="hybridctl doctor lists the permissions that are needed"
        )
    if name in THROTTLED:
        return AwsRefused(
            f"{doing}: AWS throttles the requests ({name}), also after retries", hint="wait a minute and run it again"
        )
    return AwsRefused(f"{doing}: {name}: {message}")
