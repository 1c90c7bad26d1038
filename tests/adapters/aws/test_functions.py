"""LambdaFunctions against botocore's own model of Lambda's answers."""

import base64
import io
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.response import StreamingBody
from botocore.stub import Stubber

from hybridctl.adapters.aws.functions import LambdaFunctions
from hybridctl.adapters.packaging.archive import Entry, make_zip
from hybridctl.domain.provisioned import Provisioned
from hybridctl.domain.release import UNPUBLISHED, Alias
from hybridctl.errors import AliasMoved, AwsRefused, FunctionBusy, VersionNotFound

LIVE = Alias("live", 5, "rev-1")
READ = {"FunctionName": "f", "Name": "live"}
MOVE = {
    **READ,
    "FunctionVersion": "3",
    "RoutingConfig": {"AdditionalVersionWeights": {}},
    "RevisionId": "rev-1",
}


def downloads(url: str) -> bytes:
    assert url == "https://example.com/package.zip?signed"
    return make_zip([Entry.of("handler.py", b"pass")])


@pytest.fixture
def aws() -> Iterator[tuple[LambdaFunctions, Stubber]]:
    client = boto3.client("lambda", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stubber:
        yield LambdaFunctions(lambda: client, downloads, name="f", alias="live"), stubber
        stubber.assert_no_pending_responses()


def test_the_alias_is_read_with_its_weights(aws):
    functions, stubber = aws
    weights = {"AdditionalVersionWeights": {"6": 0.1, "7": 0.0}}
    answer = {"Name": "live", "FunctionVersion": "5", "RevisionId": "rev-1", "RoutingConfig": weights}
    stubber.add_response("get_alias", answer, READ)
    assert functions.live() == Alias("live", 5, "rev-1", {6: 0.1})


def test_an_alias_that_somebody_pointed_to_the_unpublished_code_is_read(aws):
    functions, stubber = aws
    answer = {"Name": "live", "FunctionVersion": "$LATEST", "RevisionId": "rev-1"}
    stubber.add_response("get_alias", answer, READ)
    assert functions.live() == Alias("live", UNPUBLISHED, "rev-1")


def test_provisioned_concurrency_is_that_of_the_alias(aws):
    functions, stubber = aws
    where = {"FunctionName": "f", "Qualifier": "live"}
    answer = {
        "RequestedProvisionedConcurrentExecutions": 5,
        "AvailableProvisionedConcurrentExecutions": 2,
        "Status": "IN_PROGRESS",
    }
    stubber.add_response("get_provisioned_concurrency_config", answer, where)
    assert functions.read_provisioned() == Provisioned(5, 2, "IN_PROGRESS")
    stubber.add_client_error(
        "get_provisioned_concurrency_config", "ProvisionedConcurrencyConfigNotFoundException", http_status_code=404
    )
    assert functions.read_provisioned() is None


def test_no_function_is_no_alias(aws):
    functions, stubber = aws
    stubber.add_client_error("get_alias", "ResourceNotFoundException", expected_params=READ)
    assert functions.live() is None


def test_moving_names_the_revision_it_read_and_clears_the_weights(aws):
    functions, stubber = aws
    stubber.add_response("update_alias", {"Name": "live", "FunctionVersion": "3", "RevisionId": "rev-2"}, MOVE)
    assert functions.move(LIVE, to=3, weights={}) == Alias("live", 3, "rev-2")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ResourceConflictException", FunctionBusy),
        ("TooManyRequestsException", AwsRefused),
        ("ResourceNotFoundException", VersionNotFound),
        ("AccessDeniedException", AwsRefused),
        ("ExpiredTokenException", AwsRefused),
    ],
)
def test_a_refused_move_says_what_was_being_done(aws, code, error):
    functions, stubber = aws
    stubber.add_client_error("update_alias", code, expected_params=MOVE)
    with pytest.raises(error, match="moving the alias live of f to version 3"):
        functions.move(LIVE, to=3, weights={})


def test_a_share_that_lambda_does_not_take_beside_provisioned_concurrency_names_the_way_without(aws):
    functions, stubber = aws
    words = "Invalid alias configuration for Provisioned Concurrency"
    asked = {**MOVE, "FunctionVersion": "2", "RoutingConfig": {"AdditionalVersionWeights": {"3": 0.1}}}
    stubber.add_client_error("update_alias", "InvalidParameterValueException", words, expected_params=asked)
    with pytest.raises(AwsRefused, match=f"does not split this traffic: {words}") as refused:
        functions.move(LIVE, to=2, weights={3: 0.1})
    assert "--strategy all-at-once" in str(refused.value.hint)


def test_an_alias_that_someone_else_moved_is_not_overwritten(aws):
    functions, stubber = aws
    stubber.add_client_error("update_alias", "PreconditionFailedException", expected_params=MOVE)
    stubber.add_response("get_alias", {"Name": "live", "FunctionVersion": "5", "RevisionId": "rev-9"}, READ)
    with pytest.raises(AliasMoved, match="moving the alias live of f to version 3: someone else moved it"):
        functions.move(LIVE, to=3, weights={})


def test_a_move_whose_answer_was_lost_is_known_as_our_own(aws):
    """UpdateAlias is done, its answer is lost, botocore asks again: the revision has moved on, by our own doing."""
    functions, stubber = aws
    stubber.add_client_error("update_alias", "PreconditionFailedException", expected_params=MOVE)
    stubber.add_response("get_alias", {"Name": "live", "FunctionVersion": "3", "RevisionId": "rev-2"}, READ)
    assert functions.move(LIVE, to=3, weights={}) == Alias("live", 3, "rev-2")


def test_a_new_version_is_waited_for_until_it_is_visible_and_active(aws):
    functions, stubber = aws
    asked = {"FunctionName": "f", "Qualifier": "3"}
    stubber.add_client_error("get_function_configuration", "ResourceNotFoundException", expected_params=asked)
    stubber.add_response("get_function_configuration", {"State": "Pending"}, asked)
    stubber.add_response("get_function_configuration", {"State": "Active"}, asked)
    functions.wait_until_ready(3, {})


def test_a_version_whose_snapshot_takes_minutes_is_waited_for(aws, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    functions, stubber = aws
    for state in ["Pending"] * 200 + ["Active"]:
        stubber.add_response("get_function_configuration", {"State": state})
    functions.wait_until_ready(3, {})


def test_a_version_that_does_not_appear_is_waited_for_two_minutes_only(aws, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    functions, stubber = aws
    for _ in range(120):
        stubber.add_client_error("get_function_configuration", "ResourceNotFoundException")
    with pytest.raises(AwsRefused, match="waiting for version 3 of f to become active"):
        functions.wait_until_ready(3, {})


def test_a_version_that_failed_is_not_waited_for(aws):
    functions, stubber = aws
    asked = {"FunctionName": "f", "Qualifier": "3"}
    answer = {"State": "Failed", "StateReason": "The key is disabled.", "StateReasonCode": "DisabledKMSKey"}
    stubber.add_response("get_function_configuration", answer, asked)
    what = r"version 3 of f cannot run: The key is disabled\. \(DisabledKMSKey\)"
    with pytest.raises(AwsRefused, match=what) as refused:
        functions.wait_until_ready(3, {})
    assert "deploy a new version" in str(refused.value.hint)


def test_versions_are_all_pages_but_latest(aws):
    functions, stubber = aws

    def version(number: str) -> dict[str, Any]:
        return {
            "Version": number,
            "CodeSha256": "c2hh",
            "CodeSize": 48_000,
            "LastModified": "2026-03-01T12:00:00.000+0000",
            "MemorySize": 512,
        }

    first = {"Versions": [version("$LATEST"), version("10")], "NextMarker": "more"}
    stubber.add_response("list_versions_by_function", first, {"FunctionName": "f"})
    stubber.add_response(
        "list_versions_by_function", {"Versions": [version("9")]}, {"FunctionName": "f", "Marker": "more"}
    )
    assert [found.number for found in functions.versions()] == [9, 10]


def test_an_invocation_keeps_the_functions_error_and_log(aws):
    functions, stubber = aws
    body = json.dumps({"errorMessage": "boom"}).encode()
    answer = {
        "StatusCode": 200,
        "ExecutedVersion": "3",
        "FunctionError": "Unhandled",
        "LogResult": base64.b64encode(b"START\nTraceback").decode(),
        "Payload": StreamingBody(io.BytesIO(body), len(body)),
    }
    asked = {"FunctionName": "f", "Qualifier": "3", "LogType": "Tail", "Payload": b'{"a": 1}'}
    stubber.add_response("invoke", answer, asked)
    ran = functions.invoke(3, {"a": 1})
    assert (ran.version, ran.error, ran.payload) == ("3", "Unhandled", {"errorMessage": "boom"})
    assert ran.log == ("START", "Traceback")


def test_an_endpoint_that_never_answers_is_given_up_and_named():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        config = Config(read_timeout=0.2, retries={"total_max_attempts": 2, "mode": "standard"}, proxies={})
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "eu-west-1"}
        client = boto3.client("lambda", endpoint_url=address, config=config, **keys)
        with pytest.raises(AwsRefused, match="reading the alias live of f: Read timeout on endpoint URL"):
            LambdaFunctions(lambda: client, downloads, name="f", alias="live").live()


def test_no_credentials_is_reported_with_the_way_to_get_some():
    def none() -> Any:
        from botocore.exceptions import NoCredentialsError

        raise NoCredentialsError

    with pytest.raises(AwsRefused, match="no AWS credentials") as refusal:
        LambdaFunctions(none, downloads, name="f", alias="live").live()
    assert refusal.value.hint is not None
    assert "aws configure sso" in refusal.value.hint


def test_a_versions_package_is_downloaded_and_opened(aws):
    functions, stubber = aws
    answer = {"Code": {"Location": "https://example.com/package.zip?signed"}}
    stubber.add_response("get_function", answer, {"FunctionName": "f", "Qualifier": "3"})
    assert functions.package(3) == {"handler.py": b"pass"}


def test_one_version_is_removed_and_one_that_has_gone_is_not_an_error(aws):
    functions, stubber = aws
    wanted = {"FunctionName": "f", "Qualifier": "3"}
    stubber.add_response("delete_function", {"ResponseMetadata": {"HTTPStatusCode": 204}}, wanted)
    stubber.add_client_error("delete_function", "ResourceNotFoundException", expected_params=wanted)
    stubber.add_client_error("delete_function", "ResourceConflictException", "used by an alias", expected_params=wanted)
    functions.remove(3)
    functions.remove(3)
    with pytest.raises(AwsRefused, match="deleting version 3 of f"):
        functions.remove(3)


PUBLISHED = {
    "Version": "8",
    "CodeSha256": "sha",
    "CodeSize": 48_000,
    "LastModified": "2026-03-01T00:00:00.000+0000",
    "MemorySize": 512,
}


def test_one_version_is_read_by_its_number(aws):
    functions, stubber = aws
    stubber.add_response("get_function_configuration", PUBLISHED, {"FunctionName": "f", "Qualifier": "8"})
    assert functions.read_version(8).sha256 == "sha"
    stubber.add_client_error("get_function_configuration", "ResourceNotFoundException")
    with pytest.raises(VersionNotFound, match="reading version 9 of f"):
        functions.read_version(9)


def test_code_is_uploaded_and_published_in_one_call(aws):
    functions, stubber = aws
    stubber.add_response("update_function_code", PUBLISHED, {"FunctionName": "f", "ZipFile": b"zip", "Publish": True})
    assert functions.upload(b"zip").number == 8
    stubber.add_client_error("update_function_code", "ResourceConflictException")
    with pytest.raises(FunctionBusy, match="uploading the code of f"):
        functions.upload(b"zip")


def test_a_single_invocation_is_not_sent_again_when_the_answer_is_late():
    """botocore sends a call again after a read timeout; an event that was worked on already must not come twice."""
    import threading

    server = socket.create_server(("127.0.0.1", 0))
    port, asked = server.getsockname()[1], []

    def accept() -> None:
        while True:
            try:
                asked.append(server.accept()[0])
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    from hybridctl.adapters.aws.session import AwsSession
    from hybridctl.domain.sandbox import AccessKey

    session = AwsSession("us-east-1", endpoint=f"http://127.0.0.1:{port}", key=AccessKey("a", "b", ""))
    patient = session.impatient_client("lambda", read_seconds=0.3)
    functions = LambdaFunctions(lambda: patient, downloads, name="f", alias="live", open_patient=lambda: patient)
    try:
        with pytest.raises(AwsRefused):
            functions.invoke_once(1, [1])
        assert len(asked) == 1
    finally:
        server.close()
