"""Ask a service that speaks JSON, and ask again where that helps."""

import json
import math
import random
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from backend import VERSION
from backend.aws.connections import Answer, Connections, NoAnswer
from backend.aws.signature import sign
from backend.aws.surroundings import find_address, find_credentials, find_proxy, find_region

# botocore asks again after these, in its `standard` mode or by its table for DynamoDB.
_PASSING = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_TOO_MANY_REQUESTS = 429
# The first pause is up to this many seconds, each further one up to twice as long: DynamoDB's partitions recover fast.
_FIRST_PAUSE = 0.1


class ServiceError(Exception):
    """The service refused a call. `is_passing`: the same call may succeed later."""

    def __init__(self, operation: str, code: str, status: int, message: str = "") -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.code = code
        self.is_passing = code in _PASSING or status == _TOO_MANY_REQUESTS or status >= 500


class Transport(Protocol):
    @property
    def host(self) -> str: ...

    def post(self, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Service:
    """How a service is spoken to, by its model in botocore; `seconds` bounds one try, of which there are `tries`."""

    name: str
    target: str
    content_type: str
    tries: int
    seconds: float


DYNAMODB = Service("dynamodb", "DynamoDB_20120810", "application/x-amz-json-1.0", tries=4, seconds=1.5)
SSM = Service("ssm", "AmazonSSM", "application/x-amz-json-1.1", tries=2, seconds=2.0)


class Client:
    """Calls of one service: `client("GetItem", TableName=...)` returns the answer's members as JSON has them.

    Raises ServiceError or NoAnswer once the tries, or the time until `deadline` (time.monotonic), are used up.
    """

    def __init__(
        self,
        service: Service,
        environ: Mapping[str, str],
        *,
        transport: Transport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.deadline = math.inf
        self._service = service
        self._environ = environ
        self._region = find_region(environ)
        self._credentials = find_credentials(environ)
        self._transport = transport or open_connections(service.name, environ)
        self._sleep = sleep
        self._clock = clock
        runtime = environ.get("AWS_EXECUTION_ENV")
        self._user_agent = f"hybrid-ci-cd/{VERSION}" + (f" exec-env/{runtime}" if runtime else "")

    def __call__(self, operation: str, **parameters: Any) -> dict[str, Any]:
        body = json.dumps(parameters).encode()
        pause = _FIRST_PAUSE
        for left in reversed(range(self._service.tries)):
            try:
                return self._try(operation, body)
            except (ServiceError, NoAnswer) as error:
                is_final = isinstance(error, ServiceError) and not error.is_passing
                waiting = random.random() * pause  # spreads the callers
                if is_final or not left or self._clock() + waiting >= self.deadline:
                    raise
            self._sleep(waiting)
            pause *= 2
        raise AssertionError("a service has at least one try")

    def _try(self, operation: str, body: bytes) -> dict[str, Any]:
        seconds = min(self._service.seconds, self.deadline - self._clock())
        if seconds <= 0:
            raise NoAnswer(f"{self._transport.host}: no time left")
        headers = {
            "content-type": self._service.content_type,
            "host": self._transport.host,
            "x-amz-target": f"{self._service.target}.{operation}",
        }
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())  # of each try: a signature is good for minutes
        signed = sign(headers, body, self._credentials, service=self._service.name, region=self._region, moment=moment)
        answer = self._transport.post(body, signed | self._headers_of_caller(), seconds=seconds)
        return _read(operation, answer)

    def _headers_of_caller(self) -> dict[str, str]:
        """What says who asks; the trace lets Lambda see a function that calls itself, and X-Ray draw the call."""
        trace = self._environ.get("_X_AMZN_TRACE_ID")
        told = {"x-amzn-trace-id": quote(trace, safe="-=;:+&[]{}\"',")} if trace else {}
        return {"user-agent": self._user_agent, **told}


def open_connections(service: str, environ: Mapping[str, str]) -> Connections:
    address = find_address(service, environ)
    return Connections(address, authorities=environ.get("AWS_CA_BUNDLE"), proxy=find_proxy(address, environ))


def _read(operation: str, answer: Answer) -> dict[str, Any]:
    """The members of `answer`; an answer that was damaged on its way is none."""
    checksum = answer.headers.get("x-amz-crc32", "")
    if checksum and checksum != str(zlib.crc32(answer.body)):
        raise NoAnswer(f"{operation}: the answer does not match its checksum")
    try:
        members = json.loads(answer.body or b"{}")
    except ValueError:
        members = None
    if answer.status >= 300:
        told = members if isinstance(members, dict) else {}
        code = str(told.get("__type", answer.status)).partition(":")[0].rpartition("#")[2]
        raise ServiceError(operation, code, answer.status, str(told.get("message") or told.get("Message") or ""))
    if not isinstance(members, dict):
        raise NoAnswer(f"{operation}: the answer is not a JSON object")
    return members
