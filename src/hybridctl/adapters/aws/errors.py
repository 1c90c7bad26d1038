"""Turns exceptions of AWS and botocore into errors that say what was being done and what to do next."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from hybridctl.domain.markup import describe_html
from hybridctl.domain.refusals import CODES, Refused, is_busy, kind_of, next_step
from hybridctl.errors import AwsRefused, HybridctlError

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

T = TypeVar("T")

GONE = "ResourceNotFoundException"  # the error code of most services for a missing object
EXPIRED, DENIED, THROTTLED = CODES[Refused.EXPIRED], CODES[Refused.DENIED], CODES[Refused.THROTTLED]
SETTINGS_HINT = "correct the AWS settings: aws configure list shows where each comes from"
BUSY_HINT = "AWS is still busy with an earlier change: wait a minute and run it again"
_SKEWED = {"RequestTimeTooSkewed", "RequestInTheFuture"}
# Lambda's reasons to throttle an invocation: botocore's model, ThrottleReason.
_CONCURRENCY = {
    "ReservedFunction": ("the function's reserved concurrency is used up", "with 0, every request is refused"),
    "Concurrent": ("the account's concurrency is used up", "wait a minute, or request more"),
    "FunctionInvocation": ("the account's concurrency is used up", "wait a minute, or request more"),
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
    except exceptions.WaiterError as cause:
        raise AwsRefused(f"{doing}: {cause}", hint="hybridctl status shows the current state") from cause
    except exceptions.BotoCoreError as cause:
        raise _explain_client(doing, cause) from cause
    except RuntimeError as cause:
        if "refreshed credentials" not in str(cause):  # botocore's words where a helper returns old credentials
            raise
        raise AwsRefused(f"{doing}: {Refused.EXPIRED}", hint=next_step(Refused.EXPIRED, "")) from cause


def _explain_client(doing: str, cause: "BotoCoreError") -> AwsRefused:
    """Return the error for a call that did not reach AWS."""
    from botocore import exceptions

    match cause:
        case exceptions.NoCredentialsError():
            return AwsRefused(
                f"{doing}: no AWS credentials", hint="aws configure sso, or name a profile: --profile NAME"
            )
        case exceptions.SSOTokenLoadError() | exceptions.UnauthorizedSSOTokenError() | exceptions.TokenRetrievalError():
            return AwsRefused(f"{doing}: the SSO session has ended", hint="aws sso login")
        case exceptions.LoginError():
            return AwsRefused(f"{doing}: {_in_one_line(cause)}", hint="aws login")
        case exceptions.SSLError():
            return AwsRefused(
                f"{doing}: {_in_one_line(cause)}", hint="check AWS_CA_BUNDLE, HTTPS_PROXY and this machine's clock"
            )
        case exceptions.EndpointConnectionError() if "Failed to resolve" in str(cause.kwargs.get("error")):
            return AwsRefused(
                f"{doing}: {_in_one_line(cause)}", hint="check this machine's network, and `region` in hybridctl.toml"
            )
        case exceptions.EndpointConnectionError() if "//127.0.0.1:" in str(cause.kwargs.get("endpoint_url")):
            return AwsRefused(
                f"{doing}: {_in_one_line(cause)}", hint="run it again: hybridctl starts a sandbox that has ended"
            )
    is_setting = not isinstance(cause, (exceptions.ConnectionError, exceptions.HTTPClientError))
    return AwsRefused(
        f"{doing}: {_in_one_line(cause)}",
        hint=SETTINGS_HINT if is_setting else "hybridctl doctor checks the connection to AWS",
    )


def _in_one_line(cause: Exception) -> str:
    return " ".join(str(cause).split())


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
    # A wrong clock has the error code of a wrong signature; only the message shows the cause.
    if name in _SKEWED or "Signature expired" in message or "Signature not yet current" in message:
        return AwsRefused(f"{doing}: this machine's clock is wrong: {message}", hint="timedatectl set-ntp true")
    reason = str(cause.response.get("Reason", ""))
    for beginning, (what, hint) in _CONCURRENCY.items():
        if reason.startswith(beginning):
            return AwsRefused(f"{doing}: {what} ({name})", hint=f"hybridctl doctor shows the concurrency; {hint}")
    kind = kind_of(name, message)
    if kind is None:
        return AwsRefused(f"{doing}: {name}: {message}", hint=BUSY_HINT if is_busy(message) else None)
    if name == "CodeStorageExceededException":
        return AwsRefused(f"{doing}: {kind}: {message}", hint="hybridctl releases prune frees code storage")
    tries = ", also after retries" if kind in (Refused.THROTTLED, Refused.INTERNAL) else ""
    match kind:
        case Refused.EXPIRED:
            what = str(kind)
        case Refused.DENIED:
            what = f"{kind}: {message}"
        case Refused.UNKNOWN | Refused.THROTTLED:
            what = f"{kind} ({name}){tries}"
        case _:
            what = f"{kind} ({name}){tries}: {message}" if message != name else f"{kind} ({name}){tries}"
    return AwsRefused(f"{doing}: {what}", hint=next_step(kind, message))
