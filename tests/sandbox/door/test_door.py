"""Who is let in: raw HTTP against one real sandbox, every service's calls as a page or a stranger sends them."""

import http.client
import json
import os
import socket
import stat
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from hybridctl.sandbox.home import HEALTH, Home
from hybridctl.sandbox.sigv4 import signed_headers
from sandbox.cloud.functions import Api, Function, package
from sandbox.conftest import SandboxProcess

NOBODY = 65534
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


@pytest.fixture(scope="module")
def opened() -> Iterator[SandboxProcess]:
    """A sandbox in a folder that everybody can reach, started by somebody whose umask hides nothing."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        home = Path(folder) / "checkout" / ".hybridctl" / "sandbox"
        (home / "state").mkdir(parents=True)
        (home / "state" / "sessions.json").write_text("an older version's")
        for path in (home, home / "state", home / "state" / "sessions.json"):
            path.chmod(0o777)
        before = os.umask(0)
        try:
            running = SandboxProcess(home).start()
        finally:
            os.umask(before)
        yield running
        running.stop()


@pytest.fixture(scope="module")
def api(opened: SandboxProcess) -> Api:
    function = Function(opened)
    function.alias("live", function.publish())
    return Api(function)


def calls(sandbox: SandboxProcess) -> list[tuple[str, str, str, dict[str, str], bytes]]:
    """Of every service that the emulator has, one operation for each method: service, method, path, headers, body."""
    health = signed_headers(sandbox.key, "GET", f"127.0.0.1:{sandbox.port}", HEALTH)
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


def signed(
    sandbox: SandboxProcess, service: str, method: str, path: str, headers: dict[str, str], body: bytes
) -> dict[str, str]:
    request = AWSRequest(method, f"{sandbox.endpoint}{path}", headers, body)
    SigV4Auth(Credentials(sandbox.key.access_key_id, sandbox.key.secret_access_key), service, "us-east-1").add_auth(
        request
    )
    return dict(request.headers.items())


@pytest.mark.parametrize("page", PAGES)
def test_nobody_is_served_who_does_not_have_the_key(opened: SandboxProcess, page: str):
    line, added, tried, served = Line(opened.port), PAGES[page], 0, []
    for service, method, path, headers, body in calls(opened):
        tried += 1
        if is_served(*line.ask(method, path, {**headers, **added}, body)):
            served.append((service, method, path))
    for method, path in INTERNAL:
        tried += 1
        if is_served(*line.ask(method, path, added)):
            served.append(("internal", method, path))
    assert served == []
    assert tried > 200


def test_a_page_is_not_served_with_a_signature_either(opened: SandboxProcess):
    """A link that somebody signed does not open the sandbox to the page that holds it."""
    line = Line(opened.port)
    call = (
        "sts",
        "POST",
        "/",
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"Action=GetCallerIdentity&Version=2011-06-15",
    )
    service, method, path, headers, body = call
    assert line.ask(method, path, signed(opened, *call), body)[0] == 200
    for name, added in PAGES.items():
        if {"Origin", "Referer", "Sec-Fetch-Site"} & added.keys():
            assert is_served(*line.ask(method, path, {**signed(opened, *call), **added}, body)) is False, name
    foreign = signed(opened, service, method, path, {**headers, "Host": "evil.example"}, body)
    assert is_served(*line.ask(method, path, {**foreign, "Host": "evil.example"}, body)) is False


def test_nothing_was_made_and_the_key_holder_is_still_served(opened: SandboxProcess, api: Api):
    function = {
        "FunctionName": "pwn",
        "Runtime": "python3.13",
        "Handler": "backend.entry.handle",
        "Role": "arn:aws:iam::000000000000:role/x",
    }
    body = json.dumps({**function, "Code": {"ZipFile": b64encode(package()).decode()}}).encode()
    for added in PAGES.values():
        Line(opened.port).ask("POST", "/2015-03-31/functions", {"Content-Type": "text/plain", **added}, body)
    names = [one["FunctionName"] for one in opened.client("lambda").list_functions()["Functions"]]
    assert names == [api.function.name]


def test_a_browser_is_never_given_a_wildcard(opened: SandboxProcess):
    """Answers that are served carry none of the emulator's CORS headers."""
    line = Line(opened.port)
    for service, method, path, headers, body in calls(opened):
        if service in ("s3", "lambda", "dynamodb", "sts", "sns", "iam", "cognito-idp", "sqs"):
            _, answered, _ = line.ask(method, path, signed(opened, service, method, path, headers, body), body)
            assert not [name for name in answered if name.startswith("access-control-")], service


@pytest.mark.parametrize("path", ["/", "/_aws/execute-api/{api}/staging/health", "/mqtt"])
@pytest.mark.parametrize("added", [{}, {"Origin": EVIL}], ids=["program", "page"])
def test_a_websocket_is_not_opened(opened: SandboxProcess, api: Api, path: str, added: dict[str, str]):
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **added,
    }
    status, _, _ = Line(opened.port).ask("GET", path.replace("{api}", api.id), upgrade)
    assert status == 403


def test_the_same_goes_for_http_2(opened: SandboxProcess):
    h2 = pytest.importorskip("h2.connection")
    connection = h2.H2Connection()
    connection.initiate_connection()
    pages = [[("origin", EVIL)], [], [("authorization", "Bearer x")]]
    for number, more in enumerate(pages):
        head = [
            (":method", "POST"),
            (":path", "/_ministack/reset"),
            (":authority", f"127.0.0.1:{opened.port}"),
            (":scheme", "http"),
        ]
        connection.send_headers(number * 2 + 1, head + more, end_stream=True)
    statuses: list[str] = []
    with socket.create_connection(("127.0.0.1", opened.port), timeout=30) as line:
        line.sendall(connection.data_to_send())
        while len(statuses) < len(pages):
            for event in connection.receive_data(line.recv(65536)):
                statuses += [
                    value.decode() if isinstance(value, bytes) else value
                    for name, value in getattr(event, "headers", None) or []
                    if name in (b":status", ":status")
                ]
            line.sendall(connection.data_to_send())
    assert statuses == ["403"] * len(pages)


@pytest.mark.parametrize(
    "head",
    [
        "GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
        "GET /_ministack/health HTTP/1.1\r\n\r\n",
        "GET /_ministack/health HTTP/1.0\r\n\r\n",
        "GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1@evil.example\r\n\r\n",
        "GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1:1:2\r\n\r\n",
        "GET /_ministack/health HTTP/1.1\r\nHost: 0.0.0.0\r\n\r\n",
        "GET /_ministack/health HTTP/1.1\r\nHost: 2130706433\r\n\r\n",
        "GET /_ministack/health HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n",
    ],
)
def test_a_head_that_is_ambiguous_is_refused(opened: SandboxProcess, head: str):
    with socket.create_connection(("127.0.0.1", opened.port), timeout=30) as line:
        line.sendall(head.encode())
        assert line.recv(65536).split(b" ")[1] in (b"400", b"403")


# The API's own clients.


ALLOWED = "https://app.example"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"User-Agent": "curl/8"}, 200),
        ({"Origin": ALLOWED, "Sec-Fetch-Site": "cross-site"}, 200),
        ({"Referer": f"{ALLOWED}/", "Sec-Fetch-Site": "cross-site"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Authorization": "Bearer of-a-session"}, 200),
        ({"X-Amz-Target": "AnyScaleFrontendService.DescribeScalableTargets"}, 200),
        ({"Origin": EVIL}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:9"}, 403),
        ({"Origin": f"{ALLOWED}.evil.example"}, 403),
        ({"Origin": ALLOWED, "Referer": f"{EVIL}/"}, 403),
        ({"Referer": f"{EVIL}/"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Host": "evil.example"}, 403),
    ],
    ids=str,
)
def test_the_api_is_open_to_programs_and_to_its_own_origins(
    opened: SandboxProcess, api: Api, headers: dict[str, str], status: int
):
    answer = Line(opened.port).ask("GET", f"/_aws/execute-api/{api.id}/staging/health", headers)
    assert answer[0] == status
    if status == 200:
        assert json.loads(answer[2])["event"]["rawPath"] == "/staging/health"
        assert answer[1].get("access-control-allow-origin") == headers.get("Origin")


def test_an_apis_own_host_leads_to_the_api_alone(opened: SandboxProcess, api: Api):
    """The emulator itself would look for its own paths first: one reset, unsigned, by a host's name."""
    line, host = Line(opened.port), f"{api.id}.execute-api.localhost:{opened.port}"
    status, _, body = line.ask("GET", "/staging/health", {"Host": host})
    event = json.loads(body)["event"]
    assert (status, event["rawPath"], event["headers"]["host"]) == (200, "/staging/health", host)
    for method, path in INTERNAL:
        if path.startswith("/"):
            status, _, body = line.ask(method, path, {"Host": host})
            assert status in (403, 404), (path, body)
            assert b"available" not in body
    assert opened.client("lambda").list_functions()["Functions"]
    assert line.ask("GET", "/staging/health", {"Host": "00000000.execute-api.localhost"})[0] == 403


# Credentials that the sandbox gives out.


def client(sandbox: SandboxProcess, service: str, key: dict[str, str]) -> Any:
    names = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    return boto3.client(
        service,
        endpoint_url=sandbox.endpoint,
        region_name="us-east-1",
        aws_session_token=key.get("SessionToken"),
        **names,
    )


def test_a_function_acts_as_its_role_and_its_credentials_end_with_it(opened: SandboxProcess):
    source = """
import os, boto3
from botocore.config import Config
def handle(event, context):
    names = ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")
    values = (os.environ[f"AWS_{name}"] for name in names)
    key = dict(zip(("AccessKeyId", "SecretAccessKey", "SessionToken"), values))
    s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
    link = s3.generate_presigned_url("list_objects_v2", {"Bucket": event["bucket"]}) if "bucket" in event else ""
    return {"key": key, "who": boto3.client("sts").get_caller_identity()["Arn"], "link": link}
"""
    opened.client("s3").create_bucket(Bucket="linked")
    function = Function(opened, Code={"ZipFile": package(source=source)}, Timeout=30)
    told = function.invoke({"bucket": "linked"})["body"]
    assert told["who"].startswith("arn:aws:sts::000000000000:assumed-role/role-")
    assert told["who"].endswith(f"/{function.name}")
    assert told["key"]["AccessKeyId"].startswith("ASIA")
    assert client(opened, "sts", told["key"]).get_caller_identity()["Arn"] == told["who"]
    link = urlsplit(told["link"])
    assert Line(opened.port).ask("GET", f"{link.path}?{link.query}", {})[0] == 200
    with pytest.raises(ClientError) as refused:
        client(opened, "sts", {**told["key"], "SessionToken": "another"}).get_caller_identity()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    function.client.delete_function(FunctionName=function.name)
    with pytest.raises(ClientError):
        client(opened, "sts", told["key"]).get_caller_identity()


def test_a_users_key_and_a_roles_session_are_taken_while_they_are_good(opened: SandboxProcess):
    iam = opened.client("iam")
    iam.create_user(UserName="ada")
    key = iam.create_access_key(UserName="ada")["AccessKey"]
    assert client(opened, "sts", key).get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:user/ada"
    iam.update_access_key(UserName="ada", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    with pytest.raises(ClientError):
        client(opened, "sts", key).get_caller_identity()
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName="assumed", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    session = opened.client("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    assert client(opened, "sts", session).get_caller_identity()["Arn"].endswith(":assumed-role/assumed/me")
    with pytest.raises(ClientError):
        client(opened, "sts", {**session, "SecretAccessKey": "guess"}).get_caller_identity()


def test_what_botocore_sends_in_pieces_is_taken(opened: SandboxProcess):
    """Bodies of unknown length, checksums behind the body, and bodies that are not signed."""
    s3 = opened.client("s3")
    s3.create_bucket(Bucket="pieces")
    for number, body in enumerate((b"x" * 100_000, b"")):
        for algorithm in ("CRC32", "SHA256"):
            s3.put_object(Bucket="pieces", Key=f"{number} {algorithm} ä+&", Body=body, ChecksumAlgorithm=algorithm)
            assert s3.get_object(Bucket="pieces", Key=f"{number} {algorithm} ä+&")["Body"].read() == body
    signing = boto3.client(
        "s3",
        endpoint_url=opened.endpoint,
        region_name="us-east-1",
        aws_access_key_id=opened.key.access_key_id,
        aws_secret_access_key=opened.key.secret_access_key,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    url = urlsplit(signing.generate_presigned_url("put_object", {"Bucket": "pieces", "Key": "by link"}))
    line = Line(opened.port)
    assert line.ask("PUT", f"{url.path}?{url.query}", {}, b"sent")[0] == 200
    assert s3.get_object(Bucket="pieces", Key="by link")["Body"].read() == b"sent"
    assert line.ask("PUT", f"{url.path}x?{url.query}", {}, b"sent")[0] == 403


def test_the_log_holds_no_secret(opened: SandboxProcess):
    written = "".join(path.read_text(errors="replace") for path in (opened.output, Home(opened.home).log))
    assert opened.key.secret_access_key not in written
    assert "X-Amz-Signature" not in written


# Another user of the machine.


def as_nobody(work: Any) -> Any:
    """What `work` returns when it is done by another user, in a child of this process."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(writing, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as told:
        answer = told.read()
    os.waitpid(child, 0)
    return json.loads(answer)


def test_another_user_is_not_served(opened: SandboxProcess):
    known = calls(opened)

    def work() -> list[str]:
        line = Line(opened.port)
        tried = [(method, path, headers, body) for _, method, path, headers, body in known]
        tried += [(method, path, {}, b"") for method, path in INTERNAL]
        return [
            f"{method} {path}"
            for method, path, headers, body in tried
            if is_served(*line.ask(method, path, headers, body))
        ]

    assert as_nobody(work) == []


def test_another_user_reads_no_file_and_reaches_no_socket(opened: SandboxProcess, api: Api):
    """Not even one whose name it knows; it can read the folder around, so it is not that one which hides them."""
    [address] = {entry["Addr"]["String"] for entry in opened.reattach.values()}
    known = [str(path) for path in opened.home.rglob("*")]
    assert address in known
    assert len(known) > 8

    def work() -> dict[str, Any]:
        reached = []
        for path in known:
            try:
                os.stat(path)
                reached.append(path)
            except PermissionError:
                pass
        with socket.socket(socket.AF_UNIX) as provider:
            try:
                provider.connect(address)
                reached.append("the provider")
            except PermissionError:
                pass
        return {"reached": reached, "parent": os.listdir(opened.home.parent)}

    assert as_nobody(work) == {"reached": [], "parent": ["sandbox"]}


def test_every_file_is_the_users_alone_also_those_of_an_older_version(opened: SandboxProcess, api: Api):
    opened.client("dynamodb").create_table(
        TableName="ids",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    opened.client("s3").create_bucket(Bucket="values")
    opened.client("s3").put_object(Bucket="values", Key="a/b", Body=b"x")
    api.request("/health")
    for _ in range(100):  # the state is written about once a second
        if (opened.home / "state" / "dynamodb.json").exists():
            break
        time.sleep(0.1)
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in [opened.home, *opened.home.rglob("*")]}
    modes = {path: mode for path, mode in modes.items() if not path.is_symlink()}
    assert {path.name: oct(mode) for path, mode in modes.items() if mode & 0o077 and path != opened.output} == {}
    assert {"dynamodb.json", "sessions.json", "key.json", "ready.json", "server.log", "b"} <= {
        path.name for path in modes
    }
