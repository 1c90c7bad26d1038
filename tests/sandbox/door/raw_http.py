"""Raw HTTP to a sandbox: what a page or a stranger can send, and one call of each kind to every service."""

import http.client
import json
from functools import cache
from urllib.parse import urlencode

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from hybridctl.sandbox.home import HEALTH
from hybridctl.sandbox.sigv4 import sign_headers
from sandbox.conftest import SandboxProcess

EVIL = "https://evil.example"
# What a browser adds to the requests of a page, and what a page can make a browser send.
PAGES: dict[str, dict[str, str]] = {
    "foreign origin": {"Origin": EVIL},
    "another port": {"Origin": "http://localhost:9", "Sec-Fetch-Site": "same-site"},
    "null origin": {"Origin": "null"},
    "foreign referer": {"Referer": f"{EVIL}/page"},
    "cross-site": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    "same-site": {"Sec-Fetch-Site": "same-site"},
    "text/plain": {"Origin": EVIL, "Content-Type": "text/plain", "Sec-Fetch-Site": "cross-site"},
    "form": {"Origin": EVIL, "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Mode": "navigate"},
    "rebinding": {"Host": "evil.example", "Sec-Fetch-Site": "same-origin"},
    "rebinding to a lookalike": {"Host": "127.0.0.1.evil.example"},
    "AWS's own name": {"Host": "lambda.us-east-1.amazonaws.com"},
    "a bucket's host": {"Host": "bucket.s3.localhost"},
    "preflight": {"Origin": EVIL, "Access-Control-Request-Method": "POST"},
    "no key": {},
    "a well-known key": {
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64,
        "X-Amz-Date": "20260101T000000Z",
    },
    "an account as key": {
        "Authorization": "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64,
        "X-Amz-Date": "20260101T000000Z",
    },
}
# What the emulator answers beside AWS's services.
INTERNAL = [
    ("GET", "/_ministack/health"),
    ("GET", "/_localstack/health"),
    ("GET", "/health"),
    ("GET", "/_ministack/ready"),
    ("POST", "/_ministack/reset"),
    ("POST", "/_ministack/config"),
    ("GET", "/_ministack/lambda-code/000000000000/us-east-1/f"),
    ("GET", "/_ministack/ses/messages"),
    ("GET", "/_ministack/iot/ca.pem"),
    ("POST", "/_ministack/rds/iam-auth"),
    ("PUT", "/_ministack/cfn-response/x"),
    ("GET", "/oauth2/authorize"),
    ("POST", "/oauth2/token"),
    ("GET", "/pool/.well-known/jwks.json"),
    ("GET", "/_aws/execute-api/00000000/local/health"),
    ("GET", "/_aws/execute-api/../_ministack/health"),
    ("GET", "/restapis/00000000/local/_user_request_/health"),
    ("GET", "/_alb/x/"),
    ("GET", "/iceberg/v1/config"),
    ("GET", "/v20180820/tags/x"),
    ("GET", "/v2/"),
    ("GET", "/latest/meta-data/iam/security-credentials/"),
    ("GET", "/bucket/key"),
    ("OPTIONS", "/bucket/key"),
    ("OPTIONS", "*"),
    ("GET", "http://evil.example/_ministack/health"),
]


def calls(sandbox: SandboxProcess) -> list[tuple[str, str, str, dict[str, str], bytes]]:
    """Of every service that the emulator has, one operation for each method: service, method, path, headers, body."""
    health = sign_headers(sandbox.key, "GET", f"127.0.0.1:{sandbox.port}", HEALTH)
    emulated = json.loads(Line(sandbox.port).ask("GET", HEALTH, health)[2])["services"]
    return calls_of(frozenset(emulated))


@cache
def calls_of(emulated: frozenset[str]) -> list[tuple[str, str, str, dict[str, str], bytes]]:
    session, found = botocore.session.Session(), []
    also = {"cloudwatch", "apigatewayv2", "stepfunctions", "elbv2", "efs", "emr", "application-autoscaling", "sesv2"}
    for service in sorted(set(session.get_available_services()) & (emulated | also)):
        model = session.get_service_model(service)
        seen = set()
        for name in model.operation_names:
            where = model.operation_model(name).http
            if where["method"] in seen:
                continue
            seen.add(where["method"])
            path = where["requestUri"].replace("+}", "}").replace("{", "").replace("}", "")
            headers, body = {"Content-Type": "application/json"}, b"{}"
            if "json" in model.metadata["protocol"] and "targetPrefix" in model.metadata:
                headers["X-Amz-Target"] = f"{model.metadata['targetPrefix']}.{name}"
            if model.metadata["protocol"] in ("query", "ec2"):
                headers = {"Content-Type": "application/x-www-form-urlencoded"}
                body = urlencode({"Action": name, "Version": model.api_version}).encode()
            found.append((service, where["method"], path, headers, body))
    return found


class Line:
    """One connection to the sandbox that is kept."""

    def __init__(self, port: int) -> None:
        self.host = f"127.0.0.1:{port}"
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        self.connection.request(method, path, body=body or None, headers={"Host": self.host, **headers})
        answer = self.connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def is_served(status: int, headers: dict[str, str], _: bytes) -> bool:
    return status != http.HTTPStatus.FORBIDDEN or any(name.startswith("access-control-") for name in headers)


def sign(
    sandbox: SandboxProcess, service: str, method: str, path: str, headers: dict[str, str], body: bytes
) -> dict[str, str]:
    request = AWSRequest(method, f"{sandbox.endpoint}{path}", headers, body)
    SigV4Auth(Credentials(sandbox.key.access_key_id, sandbox.key.secret_access_key), service, "us-east-1").add_auth(
        request
    )
    return dict(request.headers.items())
