"""What AWS's refusals mean, by error code, and what to do next: for answers of the API, and for Terraform's text.

Source of the codes: botocore's service models and retry rules, and each service's list of common errors.
"""

import re
from enum import StrEnum, unique


@unique
class Refused(StrEnum):
    """A kind of refusal that needs the same next step, whatever the service and the call."""

    EXPIRED = "the credentials have expired"
    UNKNOWN = "AWS does not know these credentials"
    CLOSED = "the account may not use this service"
    DENIED = "access denied"
    THROTTLED = "AWS throttles the requests"
    INTERNAL = "AWS had an internal error"
    QUOTA = "a quota of the account is reached"
    KEY = "the KMS key cannot be used"
    NETWORK = "the function's network cannot be used"
    RUNTIME = "Lambda does not support the runtime"
    REGION = "this belongs to another region"
    SIZE = "the request is too large"
    UNREADY = "Lambda is still preparing the function"


CODES: dict[Refused, frozenset[str]] = {
    Refused.EXPIRED: frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}),
    Refused.UNKNOWN: frozenset(
        {
            *("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "InvalidToken"),
            *("SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature"),
            *("IncompleteSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException"),
        }
    ),
    Refused.CLOSED: frozenset(
        {"OptInRequired", "SubscriptionRequiredException", "NotSignedUp", "AccountProblem", "AllAccessDisabled"}
    ),
    Refused.DENIED: frozenset(
        {
            *("AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"),
            *("NotAuthorized", "UnauthorizedOperation", "ForbiddenException", "403"),
        }
    ),
    Refused.THROTTLED: frozenset(
        {
            *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled"),
            *("RequestThrottledException", "TooManyRequestsException", "ProvisionedThroughputExceededException"),
            *("TransactionInProgressException", "RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown"),
            *("PriorRequestNotComplete", "EC2ThrottledException", "EC2RequestLimitExceeded"),
        }
    ),
    Refused.INTERNAL: frozenset(
        {
            *("InternalError", "InternalFailure", "InternalServerError", "InternalServiceError"),
            *("InternalServiceException", "InternalServiceFault", "ServiceException", "ServiceUnavailable"),
            *("ServiceUnavailableException", "RequestTimeout", "RequestTimeoutException", "EC2UnexpectedException"),
            *("500", "502", "503", "504"),
        }
    ),
    Refused.QUOTA: frozenset(
        {
            *("CodeStorageExceededException", "LimitExceeded", "LimitExceededException", "TooManyBuckets"),
            *("ServiceQuotaExceededException", "PolicyLengthExceededException", "AliasLimitExceededException"),
            *("EniLimitExceeded", "ENILimitReachedException"),
        }
    ),
    Refused.KEY: frozenset(
        {
            *("KMSAccessDeniedException", "KMSDisabledException", "KMSInvalidStateException", "KMSNotFoundException"),
            *("KMSInvalidKeyUsageException", "KMS.DisabledException", "KMS.NotFoundException"),
            *("KMSKeyAccessDenied", "KMSKeyNotFound", "InvalidStateKMSKey", "DisabledKMSKey"),
        }
    ),
    Refused.NETWORK: frozenset(
        {
            *(
                "SubnetOutOfIPAddresses",
                "SubnetIPAddressLimitReachedException",
                "InvalidSubnet",
                "InvalidSecurityGroup",
            ),
            *("InvalidSubnetIDException", "InvalidSecurityGroupIDException", "InsufficientRolePermissions"),
            *("EC2AccessDeniedException", "DisallowedByVpcEncryptionControl"),
        }
    ),
    Refused.RUNTIME: frozenset({"InvalidRuntime", "InvalidRuntimeException"}),
    Refused.REGION: frozenset(
        {
            *("PermanentRedirect", "MovedPermanently", "AuthorizationHeaderMalformed", "BucketRegionError", "301"),
            *("IllegalLocationConstraintException", "InvalidLocationConstraint"),
        }
    ),
    Refused.SIZE: frozenset(
        {
            *("RequestTooLargeException", "RequestEntityTooLargeException", "RequestEntityTooLarge", "EntityTooLarge"),
            *("SerializedRequestEntityTooLargeException", "413"),
        }
    ),
    Refused.UNREADY: frozenset({"ResourceNotReadyException", "ENINotReadyException", "SnapStartNotReadyException"}),
}

_BY_CODE = {code: kind for kind, codes in CODES.items() for code in codes}
_STEPS = {
    Refused.EXPIRED: "aws sso login, or renew the credentials",
    Refused.UNKNOWN: "aws sts get-caller-identity; if that works, enable the region for this account",
    Refused.CLOSED: "the AWS console shows whether the account is verified and the region is enabled",
    Refused.DENIED: "hybridctl doctor lists the permissions that are needed",
    Refused.THROTTLED: "wait a minute and run it again",
    Refused.INTERNAL: "run it again in a moment; health.aws.amazon.com/health/status shows outages",
    Refused.QUOTA: "delete what is no longer needed, or request a higher quota: console, Service Quotas",
    Refused.KEY: "check the key's state, and whether its policy lets the function's role and the caller use it",
    Refused.NETWORK: "check the subnets' free addresses, the security groups and the role's ec2 permissions",
    Refused.RUNTIME: "set a supported `runtime`: docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html",
    Refused.REGION: "check `region` in hybridctl.toml; aws configure list shows the shell's",
    Refused.SIZE: "send less: Lambda takes 50 MiB for a package and 6 MB for an event",
    Refused.UNREADY: "wait a minute and run it again",
}
# Causes that share their code with others: only the message names them.
_MESSAGES = (
    (re.compile(r"runtime parameter of \S+ is no longer supported|not a supported runtime"), Refused.RUNTIME),
    (re.compile(r"requested bucket from \S+, actual location|Invalid AWS Region"), Refused.REGION),
)
# Source: IAM guide, "Troubleshoot access denied error messages".
_DENIED_BY = (
    ("service control policy", "the organization's service control policy must allow it; no permission here helps"),
    ("resource control policy", "the organization's resource control policy must allow it; no permission here helps"),
    ("permissions boundary", "the caller's permissions boundary must allow it; a further policy does not help"),
    ("session policy", "the policy that the session was opened with must allow it"),
    ("VPC endpoint policy", "the policy of the VPC endpoint must allow it"),
    ("explicit deny", "a policy denies it explicitly; no further permission helps until that statement is changed"),
)
# What AWS says while it is still working on the object, or has not seen an earlier change everywhere.
_BUSY = re.compile(
    r"concurrent modification|update is in progress|conflicting conditional operation|still in use|"
    r"is being (?:created|updated|deleted)|being enabled|simultaneously|cannot be assumed by|"
    r"(?:try again|retry) later",
    re.IGNORECASE,
)


def kind_of(code: str, message: str = "") -> Refused | None:
    """Return the kind of refusal that an error code and its message stand for, or None."""
    return _find_message(message) or _BY_CODE.get(code)


def find_kind(text: str) -> Refused | None:
    """Return the kind that a text such as Terraform's stands for, by its first error code, or None."""
    if found := _find_message(text):
        return found
    words = re.findall(r"\b[A-Z][A-Za-z0-9.]*[a-z]\b", text)
    return next((kind for word in words if (kind := _BY_CODE.get(word))), None)


def _find_message(text: str) -> Refused | None:
    return next((kind for message, kind in _MESSAGES if message.search(text)), None)


def is_busy(text: str) -> bool:
    """Return whether AWS refused because it is still working on the object: the same call works a little later."""
    return bool(_BUSY.search(text))


def next_step(kind: Refused, text: str) -> str:
    """Return what to do next. A denial names the policy that must change, if AWS named one in `text`."""
    if kind is Refused.DENIED:
        return next((step for words, step in _DENIED_BY if words in text), _STEPS[kind])
    return _STEPS[kind]
