"""What Terraform marks as sensitive is hidden wherever it is shown or kept."""

import io
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from fakes import FakeBackend, FakeCheckout
from hybridctl.adapters.aws.state import S3State
from hybridctl.adapters.checkout import GitCheckout
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.tfstate import hide_sensitive, read_resources

SECRET = "hunter2"


@pytest.fixture
def backend() -> FakeBackend:
    made = FakeBackend.deployed(1)
    made.state.values = {**made.state.values, "db_password": SECRET, "db": {"password": SECRET}}
    made.state.sensitive = frozenset({"db_password", "db"})
    return made


@pytest.mark.parametrize("options", [[], ["--output", "json"]])
def test_sensitive_outputs_are_not_shown(hybridctl, backend, options):
    ran = hybridctl(*options, "outputs", "local", backend=backend)
    assert ran.code == 0
    assert "db_password" in ran.out
    assert SECRET not in ran.out + ran.err


def test_one_that_is_asked_for_by_name_is_printed(hybridctl, backend):
    assert hybridctl("outputs", "local", "--raw", "db_password", backend=backend).out == f"{SECRET}\n"


@pytest.mark.parametrize("line", [["deploy", "local"], ["status", "local"], ["plan", "local"], ["smoke", "local"]])
def test_no_other_command_shows_them(hybridctl, backend, line):
    ran = hybridctl("--output", "json", *line, backend=backend, checkout=FakeCheckout())
    assert SECRET not in ran.out + ran.err


def test_they_are_not_kept_and_the_file_is_its_owners_alone(tmp_path: Path):
    checkout = GitCheckout(tmp_path, tmp_path, tmp_path, {})
    path = tmp_path / "outputs" / "local.json"
    path.parent.mkdir()
    path.write_text(SECRET)
    path.chmod(0o644)
    checkout.keep_outputs("local", Outputs({"db_password": SECRET, "region": "x"}, frozenset({"db_password"})))
    assert json.loads(path.read_text()) == {"db_password": "(sensitive)", "region": "x"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_state_says_which_outputs_are_sensitive():
    client = boto3.client("s3", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    state = json.dumps(
        {
            "version": 4,
            "lineage": "l",
            "serial": 1,
            "outputs": {"a": {"value": 1}, "b": {"value": SECRET, "sensitive": True}},
            "resources": [],
        }
    ).encode()
    with Stubber(client) as stubber:
        body = StreamingBody(io.BytesIO(state), len(state))
        headers = {"HTTPHeaders": {"date": "Sun, 01 Mar 2026 00:00:00 GMT"}}
        times = {"LastModified": datetime(2026, 3, 1, tzinfo=UTC), "ResponseMetadata": headers}
        stubber.add_response("get_object", {"Body": body, **times})
        found = S3State(lambda: client, bucket="b", key="k").outputs()
    assert found is not None
    assert found.shown == {"a": 1, "b": "(sensitive)"}
    assert found.text("b") == SECRET


def test_a_sensitive_part_of_an_attribute_is_hidden_and_the_rest_is_not():
    value = {"variables": {"DB": SECRET, "LEVEL": "INFO"}, "list": [SECRET, "x"], "other": 1}
    mask = {"variables": {"DB": True}, "list": [True]}
    hidden = {"variables": {"DB": "(sensitive)", "LEVEL": "INFO"}, "list": ["(sensitive)", "x"], "other": 1}
    assert hide_sensitive(value, mask) == hidden
    masks = {"environment": [mask]}
    resource = {"address": "a.b", "type": "a", "values": {"environment": [value]}, "sensitive_values": masks}
    (found,) = read_resources({"values": {"root_module": {"resources": [resource]}}}).found
    assert found.attributes == {"environment": [hidden]}


def test_lambdas_refusal_of_a_long_environment_is_reported_without_its_values():
    from hybridctl.adapters.process import Ran
    from hybridctl.adapters.terraform.events import Diagnostic, Heard
    from hybridctl.adapters.terraform.failures import failure

    message = (
        "InvalidParameterValueException: Lambda was unable to configure your environment variables because the "
        f'environment variables you have provided exceeded the 4KB limit. String measured: {{"DB":"{SECRET}","A":"b"}}'
    )
    events = Heard(diagnostics=[Diagnostic("error", "updating Lambda Function", message, "a.b")])
    text = str(failure("apply", "local", Ran(1, "", 0), events, errored=None))
    assert "exceeded the 4KB limit" in text
    assert SECRET not in text
