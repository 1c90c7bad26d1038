"""The handler's client asks, waits and gives up as botocore does, which is the reference here."""

import gzip
import json
import re
import zlib
from pathlib import Path

import botocore
import botocore.session
import pytest
from botocore.config import Config
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker
from hypothesis import given
from hypothesis import strategies as st

from backend.aws.client import DYNAMODB, SSM, Client, ServiceError
from backend.aws.connections import Answer, NoAnswer
from backend.aws.surroundings import find_address, find_proxy
from backend.settings import SettingsError
from handler.transports import AWS_ENVIRON, SetTransport, answer, refusal

DATA = Path(botocore.__file__).parent / "data"
PARTITIONS = json.loads((DATA / "partitions.json").read_text())["partitions"]
REGIONS = [region for partition in PARTITIONS for region in partition["regions"] if "global" not in region]
OURS = [DYNAMODB, SSM]
THROTTLED = refusal("ThrottlingException")
SCALAR = st.text(max_size=40).map(lambda text: {"S": text}) | st.integers().map(lambda number: {"N": str(number)})
ITEM = st.dictionaries(st.text(min_size=1, max_size=20), SCALAR, max_size=4)
PARAMETERS = {
    "GetItem": st.fixed_dictionaries({"TableName": st.just("table"), "Key": ITEM, "ConsistentRead": st.booleans()}),
    "PutItem": st.fixed_dictionaries({"TableName": st.just("table"), "Item": ITEM, "ConditionExpression": st.text()}),
    "UpdateItem": st.fixed_dictionaries(
        {"TableName": st.just("table"), "Key": ITEM, "UpdateExpression": st.text(), "ExpressionAttributeValues": ITEM}
    ),
    "DeleteItem": st.fixed_dictionaries({"TableName": st.just("table"), "Key": ITEM}),
    "Query": st.fixed_dictionaries(
        {"TableName": st.just("table"), "Limit": st.integers(1, 120), "ScanIndexForward": st.booleans()}
    ),
    "BatchGetItem": st.fixed_dictionaries(
        {"RequestItems": st.fixed_dictionaries({"table": st.fixed_dictionaries({"Keys": st.lists(ITEM, max_size=3)})})}
    ),
    "BatchWriteItem": st.fixed_dictionaries(
        {
            "RequestItems": st.fixed_dictionaries(
                {"table": st.lists(ITEM.map(lambda key: {"DeleteRequest": {"Key": key}}), max_size=3)}
            )
        }
    ),
}


def botocores(service, **environ):
    """botocore's client of that service, as these variables have it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ENDPOINT_URL", f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_PROFILE"):
            patch.delenv(name, raising=False)
        for name, value in {
            **AWS_ENVIRON,
            "AWS_DEFAULT_REGION": environ.get("AWS_REGION", "us-east-1"),
            **environ,
        }.items():
            patch.setenv(name, value)
        return botocore.session.get_session().create_client(service, config=Config(parameter_validation=False))


def operation_of(target):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", target).lower()


def asking(*answers, service=DYNAMODB, environ=AWS_ENVIRON, **options):
    transport = SetTransport(*answers)
    pauses = []
    return Client(service, environ, transport=transport, sleep=pauses.append, **options), transport, pauses


@pytest.mark.parametrize("service", OURS, ids=lambda service: service.name)
@pytest.mark.parametrize("variables", [(), ("FIPS",), ("DUALSTACK",), ("FIPS", "DUALSTACK")], ids=str)
def test_the_address_of_a_service_is_botocores_in_every_region(service, variables):
    environ = {f"AWS_USE_{name}_ENDPOINT": "true" for name in variables}
    session = botocore.session.get_session()
    rules = json.loads(gzip.decompress(next((DATA / service.name).glob("*/endpoint-rule-set-1.json.gz")).read_bytes()))
    from botocore.endpoint_provider import EndpointProvider

    provider = EndpointProvider(rules, session.get_data("partitions"))
    for region in [*REGIONS, "xx-nowhere-9"]:
        asked = {"Region": region, "UseFIPS": "FIPS" in variables, "UseDualStack": "DUALSTACK" in variables}
        assert find_address(service.name, {**environ, "AWS_REGION": region}) == provider.resolve_endpoint(**asked).url


@pytest.mark.parametrize(
    "environ",
    [
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:9/"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:10"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ENDPOINT_URL_SSM": "http://127.0.0.1:11"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
    ],
    ids=str,
)
def test_an_address_of_a_users_own_is_used_as_botocore_does(environ):
    theirs = botocores("dynamodb", **environ).meta.endpoint_url
    assert find_address("dynamodb", {**AWS_ENVIRON, **environ}) == theirs.rstrip("/")


def test_an_address_with_a_path_is_refused_and_named():
    with pytest.raises(SettingsError, match="AWS_ENDPOINT_URL_DYNAMODB must not have a path"):
        find_address("dynamodb", {**AWS_ENVIRON, "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9/dynamodb"})


@pytest.mark.parametrize("name", AWS_ENVIRON)
def test_a_variable_that_lambda_sets_is_named_where_it_is_missing(name):
    with pytest.raises(SettingsError, match=f"{name} is not set; Lambda sets it"):
        Client(DYNAMODB, {**AWS_ENVIRON, name: ""}, transport=SetTransport())


@pytest.mark.parametrize("service", OURS, ids=lambda service: service.name)
def test_a_service_is_spoken_to_as_its_model_says(service):
    metadata = botocores(service.name).meta.service_model.metadata
    assert service.target == metadata["targetPrefix"]
    assert service.content_type == f"application/x-amz-json-{metadata['jsonVersion']}"
    assert metadata["signatureVersion"] == "v4"
    assert botocores(service.name).meta.service_model.signing_name == service.name


@pytest.fixture(scope="module")
def theirs():
    """What botocore's client would send: the request, for an operation and its parameters."""
    client = botocores("dynamodb", AWS_SESSION_TOKEN="token")
    kept = []

    def answer_nothing(request, **_):
        from botocore.awsrequest import AWSResponse

        kept.append(request)
        return AWSResponse(request.url, 200, {}, type("Raw", (), {"stream": lambda self, **_: iter([b"{}"])})())

    client.meta.events.register("before-send.dynamodb", answer_nothing)

    def send(operation, parameters):
        getattr(client, operation_of(operation))(**parameters)
        return kept.pop()

    return send


@pytest.mark.parametrize("operation", PARAMETERS)
@given(data=st.data())
def test_a_request_goes_out_as_botocores_does(theirs, operation, data):
    parameters = data.draw(PARAMETERS[operation])
    client, transport, _ = asking(answer(), environ={**AWS_ENVIRON, "AWS_SESSION_TOKEN": "token"})
    client(operation, **parameters)
    ((body, headers, _),) = transport.asked
    sent = theirs(operation, parameters)
    assert body == json.loads(sent.body)
    assert headers["host"] == re.sub("^https://|/$", "", sent.url)
    for name in ("content-type", "x-amz-target", "x-amz-security-token"):
        found = sent.headers[name]
        assert headers[name] == (found.decode() if isinstance(found, bytes) else found)
    signed = re.compile("SignedHeaders=([^,]+)")
    in_both = set(signed.search(headers["authorization"])[1].split(";"))
    assert in_both <= set(signed.search(sent.headers["Authorization"].decode())[1].split(";"))


def test_the_trace_of_an_invocation_goes_with_its_calls_and_is_not_signed():
    environ = dict(AWS_ENVIRON)
    client, transport, _ = asking(answer(), answer(), environ=environ)
    client("GetItem")
    environ["_X_AMZN_TRACE_ID"] = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;é"
    client("GetItem")
    (_, before, _), (_, after, _) = transport.asked
    assert "x-amzn-trace-id" not in before
    assert (
        after["x-amzn-trace-id"] == "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;%C3%A9"
    )
    assert "x-amzn-trace-id" not in after["authorization"]


def test_a_service_learns_which_function_asks():
    client, transport, _ = asking(answer(), environ={**AWS_ENVIRON, "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13"})
    client("GetItem")
    assert re.fullmatch(
        r"hybrid-ci-cd/\d+\.\d+\.\d+ exec-env/AWS_Lambda_python3\.13", transport.asked[0][1]["user-agent"]
    )


def test_what_botocore_asks_again_is_asked_again():
    legacy = json.loads((DATA / "_retry.json").read_text())
    policies = [
        policy["applies_when"]["response"]
        for policy in legacy["definitions"].values()
        if "response" in policy["applies_when"]
    ]
    policies += [
        policy["applies_when"]["response"] for policy in legacy["retry"]["dynamodb"]["__default__"]["policies"].values()
    ]
    for policy in policies:
        if "http_status_code" in policy:
            code = policy.get("service_error_code", "Other")
            assert ServiceError("Op", code, policy["http_status_code"]).is_passing, policy
    for code in (*ThrottledRetryableChecker._THROTTLED_ERROR_CODES, *TransientRetryableChecker._TRANSIENT_ERROR_CODES):
        assert ServiceError("Op", code, 400).is_passing, code
    for status in TransientRetryableChecker._TRANSIENT_STATUS_CODES:
        assert ServiceError("Op", "Other", status).is_passing


def test_no_other_error_of_the_services_is_asked_again():
    known = {*ThrottledRetryableChecker._THROTTLED_ERROR_CODES, *TransientRetryableChecker._TRANSIENT_ERROR_CODES}
    known |= {"ReplicatedWriteConflictException"}  # `retryable` in the model
    for service in OURS:
        model = botocores(service.name).meta.service_model
        for operation in ("GetParameter",) if service is SSM else PARAMETERS:
            for shape in model.operation_model(operation).error_shapes:
                is_known = shape.name in known or bool(shape.metadata.get("retryable"))
                assert ServiceError(operation, shape.name, 400).is_passing == is_known, shape.name
    assert not ServiceError("Op", "AccessDeniedException", 400).is_passing
    assert not ServiceError("Op", "404", 404).is_passing


@pytest.mark.parametrize("trouble", [THROTTLED, NoAnswer("lost"), answer({}, 500), answer({}, 503), answer({}, 429)])
def test_a_trouble_that_passes_is_waited_out_a_little_longer_each_time(trouble):
    client, transport, pauses = asking(trouble, trouble, trouble, answer({"Item": {}}))
    assert client("GetItem") == {"Item": {}}
    assert transport.left == 0
    assert len(pauses) == 3
    assert all(0 <= pause <= longest for pause, longest in zip(pauses, (0.1, 0.2, 0.4), strict=True))


def test_pauses_differ_so_that_callers_do_not_come_back_together():
    pauses = set()
    for _ in range(20):
        client, _, waited = asking(THROTTLED, answer())
        client("GetItem")
        pauses.update(waited)
    assert len(pauses) == 20
    assert max(pauses) > 0.05


@pytest.mark.parametrize("service", OURS, ids=lambda service: service.name)
def test_after_the_last_try_the_trouble_is_raised(service):
    client, transport, pauses = asking(*[THROTTLED] * 9, service=service)
    with pytest.raises(ServiceError, match="GetItem: ThrottlingException: no") as caught:
        client("GetItem")
    assert caught.value.code == "ThrottlingException"
    assert (len(transport.asked), len(pauses)) == (service.tries, service.tries - 1)


@pytest.mark.parametrize("refused", [refusal("ConditionalCheckFailedException"), answer({}, 301), answer({}, 404)])
def test_what_does_not_pass_is_asked_once(refused):
    client, transport, pauses = asking(refused)
    with pytest.raises(ServiceError):
        client("PutItem")
    assert (len(transport.asked), pauses) == (1, [])


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b'{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}', 400, "ThrottlingException"),
        (
            b'{"__type":"ValidationException:http://internal.amazon.com/coral/com.amazon.coral/"}',
            400,
            "ValidationException",
        ),
        (b'{"__type":"AccessDeniedException","Message":"no"}', 400, "AccessDeniedException"),
        (b"{}", 400, "400"),
        (b"", 404, "404"),
        (b"<html>Bad Gateway</html>", 403, "403"),
        (b"[]", 403, "403"),
    ],
)
def test_an_error_has_the_code_that_botocore_finds(content, status, code):
    client, _, _ = asking(*[Answer(status, {}, content)] * 4)
    with pytest.raises(ServiceError) as caught:
        client("GetItem")
    assert caught.value.code == code
    if content != b"[]":  # botocore fails on it
        parser = botocore.session.get_session().get_component("response_parser_factory").create_parser("json")
        parsed = parser.parse({"status_code": status, "headers": {}, "body": content}, None)
        assert parsed["Error"]["Code"] == code


@pytest.mark.parametrize("content", [b"{", b"[]", b"", b'"text"'])
def test_an_answer_that_is_no_object_is_none(content):
    client, _, _ = asking(*[Answer(200, {}, content)] * 4)
    if content == b"":
        assert client("DeleteItem") == {}
    else:
        with pytest.raises(NoAnswer, match="not a JSON object"):
            client("DeleteItem")


def test_an_answer_that_was_damaged_on_its_way_is_asked_for_again():
    body = json.dumps({"Item": {"a": {"S": "ä"}}}).encode()
    good = {"x-amz-crc32": str(zlib.crc32(body))}
    client, transport, _ = asking(Answer(200, good, body.replace(b"a", b"b")), Answer(200, good, body))
    assert client("GetItem") == {"Item": {"a": {"S": "ä"}}}
    assert transport.left == 0


def test_a_refusal_that_was_damaged_on_its_way_is_asked_for_again():
    damaged = Answer(400, {"x-amz-crc32": "1"}, b'{"__type":"x#ConditionalCheckFailedException"}')
    client, _, _ = asking(damaged, answer({"Attributes": {}}))
    assert client("PutItem") == {"Attributes": {}}


class Clock:
    """Time passes by pauses and answers alone."""

    def __init__(self, seconds_per_answer, *answers):
        self.now = 100.0
        self._each = seconds_per_answer
        self._transport = SetTransport(*answers)
        self.host = self._transport.host
        self.seconds = []

    def post(self, body, headers, *, seconds):
        self.seconds.append(seconds)
        self.now += min(self._each, seconds)
        return self._transport.post(body, headers, seconds=seconds)

    def sleep(self, seconds):
        self.now += seconds


def hanging(each, deadline):
    clock = Clock(each, *[NoAnswer("TimeoutError")] * 9)
    client = Client(DYNAMODB, AWS_ENVIRON, transport=clock, sleep=clock.sleep, clock=lambda: clock.now)
    client.deadline = clock.now + deadline
    return client, clock


@pytest.mark.parametrize("deadline", [0.4, 1.0, 2.0, 3.1, 9.5])
def test_a_table_that_hangs_is_given_up_before_the_invocation_ends(deadline):
    client, clock = hanging(1.5, deadline)
    with pytest.raises(NoAnswer):
        client("GetItem")
    assert clock.now <= 100 + deadline
    assert clock.seconds[0] == pytest.approx(min(1.5, deadline))
    assert len(clock.seconds) == min(4, -(-deadline // 1.5)) or clock.now > 100 + deadline - 0.4


def test_nothing_is_asked_when_no_time_is_left():
    client, clock = hanging(1.5, 0)
    with pytest.raises(NoAnswer, match="no time left"):
        client("GetItem")
    assert clock.seconds == []


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({}, ""),
        ({"HTTPS_PROXY": "http://proxy.example:3128"}, "proxy.example:3128"),
        ({"https_proxy": "proxy.example:3128"}, "proxy.example:3128"),
        ({"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "*"}, ""),
        ({"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "localhost, .amazonaws.com"}, ""),
        ({"HTTPS_PROXY": "http://proxy.example:3128", "no_proxy": "us-east-1.amazonaws.com"}, ""),
        ({"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "aws.com"}, "proxy.example:3128"),
        ({"HTTP_PROXY": "http://proxy.example:3128"}, ""),
    ],
    ids=str,
)
def test_a_proxy_is_taken_as_botocore_takes_it(monkeypatch, environ, proxy):
    address = "https://dynamodb.us-east-1.amazonaws.com"
    assert find_proxy(address, environ) == proxy
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    theirs = botocore.utils.get_environ_proxies(f"{address}/").get("https", "")
    assert theirs.removeprefix("http://") == proxy
    assert find_proxy("http://127.0.0.1:4566", environ) == ""


def test_a_login_for_the_proxy_is_refused_and_named():
    with pytest.raises(SettingsError, match="HTTPS_PROXY must not have a login"):
        find_proxy("https://dynamodb.us-east-1.amazonaws.com", {"HTTPS_PROXY": "http://me:hush@proxy.example:3128"})
