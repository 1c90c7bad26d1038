"""The commands that only look: smoke, status, outputs, doctor; and the sandbox's own."""

import json
from pathlib import Path

import pytest

from fakes import FakeBackend, FakeCheckout, FakeSandbox
from fakes.settings import FakeCaller
from hybridctl.domain.identity import Identity
from hybridctl.domain.table import Table
from hybridctl.errors import AwsRefused, EngineFailed


def test_smoke_asks_the_public_endpoint(hybridctl, golden):
    golden("smoke-green.txt", hybridctl("smoke", backend=FakeBackend.deployed(1)).transcript)


def test_a_red_check_says_what_was_wrong(hybridctl, golden):
    backend = FakeBackend.deployed(1)
    backend.probe.broken = {1: {"GET /auth/sessions", "POST /auth/session"}}
    golden("smoke-red.txt", hybridctl("smoke", backend=backend).transcript)


def test_one_version_can_be_asked_without_traffic(hybridctl):
    backend = FakeBackend.deployed(1, 2, live=1)
    ran = hybridctl("smoke", "--version", "2", backend=backend)
    assert (ran.code, "version 2" in ran.out) == (0, True)
    assert hybridctl("smoke", "--version", "7", backend=backend).code == 3


def test_smoke_before_any_deploy_is_not_found(hybridctl, golden):
    golden("smoke-not-deployed.txt", hybridctl("smoke", backend=FakeBackend()).transcript)


def test_junit_names_each_check(hybridctl):
    checkout = FakeCheckout()
    backend = FakeBackend.deployed(1)
    backend.probe.broken = {1: {"GET /auth/sessions"}}
    ran = hybridctl("smoke", "--junit", "smoke.xml", backend=backend, checkout=checkout)
    assert ran.code == 5
    xml = checkout.written[Path("smoke.xml")]
    assert 'tests="9" failures="1"' in xml
    assert '<testcase classname="http://127.0.0.1:4566/_aws/execute-api/abc/local" name="device list"' in xml


def test_where_a_session_needs_proof_it_is_created_directly(hybridctl):
    backend = FakeBackend.deployed(1)
    assert backend.state.values is not None
    backend.state.values["token_verification"] = "provider"
    backend.probe.broken = {1: {"POST /auth/session"}}  # the public route has no proof to go by
    assert hybridctl("smoke", backend=backend).code == 0


def test_outputs_as_a_table_as_json_and_raw(hybridctl, golden):
    backend = FakeBackend.deployed(1)
    golden("outputs.txt", hybridctl("outputs", backend=backend).transcript)
    golden("outputs-as-json.txt", hybridctl("--output", "json", "outputs", backend=backend).transcript)
    raw = hybridctl("outputs", "local", "--raw", "api_endpoint", backend=backend)
    assert raw.out == "http://127.0.0.1:4566/_aws/execute-api/abc/local\n"
    missing = hybridctl("outputs", "--raw", "endpoint", backend=backend)
    assert (missing.code, "there is no output 'endpoint'" in missing.err) == (3, True)


def test_destroy_shows_what_goes_and_wants_the_name_typed(hybridctl, golden):
    backend = FakeBackend.deployed(1)
    gone = {"actions": ["delete"], "before": {}, "after": None}
    table = {"address": "aws_dynamodb_table.this", "type": "aws_dynamodb_table", "mode": "managed", "change": gone}
    backend.terraform.planned = {"resource_changes": [table]}
    golden("destroy-dry-run.txt", hybridctl("destroy", "local", "--dry-run", backend=backend).transcript)
    golden("destroy-nobody-to-ask.txt", hybridctl("destroy", "local", backend=backend).transcript)
    assert backend.terraform.applied == 0
    golden("destroy.txt", hybridctl("destroy", "local", "--yes", backend=backend).transcript)
    assert backend.terraform.applied == 1


def test_destroy_tells_what_the_tables_hold(hybridctl):
    backend = FakeBackend.deployed(1)
    backend.state.values = {**(backend.state.values or {}), "dynamodb_sessions_table": "t"}
    backend.tables.found = {"t": Table("t", "PAY_PER_REQUEST", (), items=1234)}
    assert "t: 1,234 items" in hybridctl("destroy", "local", "--yes", backend=backend).err


ROLE = "arn:aws:sts::000000000000:assumed-role/{}/ci"
TABLE = "arn:aws:dynamodb:eu-west-1:000000000000:table/orders"  # of an adopted stack: a name of its own
TOPIC = "arn:aws:sns:eu-west-1:000000000000:pager"


@pytest.mark.parametrize(
    ("role", "caller", "told"),
    [
        (
            "ops",
            {"refused": {"dynamodb:DeleteTable", "sns:DeleteTopic"}},
            "may not dynamodb:DeleteTable, sns:DeleteTopic",
        ),
        ("hybrid-ci-cd-ci-local", {"cannot_simulate": AwsRefused("denied")}, "may not dynamodb:DeleteTable"),
        ("ops", {"cannot_simulate": AwsRefused("denied")}, None),
        ("ops", {"refused": {"iam:DeleteRole"}}, None),  # the plan deletes no role
    ],
)
def test_a_destroy_that_would_stop_half_way_does_not_begin(hybridctl, role, caller, told):
    """Where nothing may be asked, only the roles of CI are known to be denied."""
    backend = FakeBackend.deployed(1)
    backend.caller = FakeCaller(Identity("000000000000", ROLE.format(role)), **caller)
    backend.terraform.planned = {
        "resource_changes": [
            {
                "address": f"{kind}.this",
                "type": kind,
                "mode": "managed",
                "change": {"actions": ["delete"], "before": {"arn": arn}, "after": None},
            }
            for kind, arn in (("aws_dynamodb_table", TABLE), ("aws_sns_topic", TOPIC))
        ]
    }
    ran = hybridctl("destroy", "local", "--yes", backend=backend)
    assert (ran.code, backend.terraform.applied) == ((1, 0) if told else (0, 1)), ran.err
    assert [resource for need in backend.caller.asked for resource in need.resources] in ([TABLE, TOPIC], [TABLE])
    if told:
        assert "would fail half way, so nothing was changed" in ran.err
        assert told in " ".join(ran.err.split())
        assert hybridctl("destroy", "local", "--dry-run", backend=backend).code == 0
        assert hybridctl("destroy", "local", "--yes", "--force", backend=backend).code == 0


def test_a_destroy_that_failed_half_way_is_gone_on_with(hybridctl):
    backend = FakeBackend.deployed(1)
    backend.terraform.fails = EngineFailed("apply of local: Throttling", hint="fix the cause, then hybridctl deploy")
    ran = hybridctl("destroy", "local", "--yes", backend=backend)
    assert ran.code == 1
    assert "error: destroy of local: Throttling" in ran.err
    assert "hybridctl destroy local then continues with what is left" in ran.err


def test_a_protected_environment_is_not_destroyed_by_a_flag(hybridctl):
    backend = FakeBackend.deployed(1)
    ran = hybridctl("destroy", "production", "--yes", backend=backend)
    assert (ran.code, "--yes is not accepted" in ran.err, backend.terraform.applied) == (6, True, 0)
    assert hybridctl("destroy", "production", backend=backend, answer="produktion").code == 6
    assert hybridctl("destroy", "production", backend=backend, answer="production").code == 0


def test_a_protected_table_stops_destroy_before_it_begins(hybridctl):
    backend = FakeBackend.deployed(1)
    gone = {"actions": ["delete"], "before": {"deletion_protection_enabled": True}, "after": None}
    table = {"address": "aws_dynamodb_table.this", "type": "aws_dynamodb_table", "mode": "managed", "change": gone}
    backend.terraform.planned = {"resource_changes": [table]}
    ran = hybridctl("destroy", "local", "--yes", backend=backend)
    assert ran.code == 6
    assert "aws_dynamodb_table.this" in ran.err
    assert "--allow protection-lifted:aws_dynamodb_table.this" in ran.err
    assert (backend.terraform.applied, backend.terraform.open_plans) == (0, 0)


def test_advice_to_lift_a_protection_names_no_variable_that_the_project_lacks(hybridctl):
    backend = FakeBackend.deployed(1)
    gone = {"actions": ["delete"], "before": {"deletion_protection_enabled": True}, "after": None}
    table = {"address": "aws_dynamodb_table.this", "type": "aws_dynamodb_table", "mode": "managed", "change": gone}
    backend.terraform.planned = {"resource_changes": [table]}
    ran = hybridctl("destroy", "local", "--yes", backend=backend, checkout=FakeCheckout(variables={"memory"}))
    assert ran.code == 6
    assert "--var" not in ran.err
    assert "set deletion_protection_enabled = false in the HCL, run hybridctl deploy local --allow" in ran.err


def test_the_sandbox_says_what_to_export_and_what_was_done(hybridctl, golden, project):
    sandbox = FakeSandbox(project)
    golden("sandbox-stopped.txt", hybridctl("sandbox", "status", sandbox=sandbox).transcript)
    golden("sandbox-start.txt", hybridctl("sandbox", "start", sandbox=sandbox).transcript)
    golden("sandbox-stop.txt", hybridctl("sandbox", "stop", sandbox=sandbox).transcript)
    golden("sandbox-gaps.txt", hybridctl("sandbox", "gaps", sandbox=sandbox).transcript)
    golden("sandbox-reset.txt", hybridctl("sandbox", "reset", sandbox=sandbox).transcript)
    assert sandbox.calls == ["start None", "stop", "reset"]


def test_a_key_has_the_policies_of_its_role(hybridctl, golden, project):
    sandbox = FakeSandbox(project)
    ran = hybridctl("sandbox", "key", "plan", sandbox=sandbox)
    golden("sandbox-key.txt", ran.transcript)
    assert sandbox.calls == ["start None", "key plan, 16 statements"]
    assert len(ran.out.splitlines()) == 1  # a shell evaluates it


def test_the_sandboxs_own_log_is_shown(hybridctl, golden, project):
    sandbox = FakeSandbox(project)
    assert hybridctl("sandbox", "logs", sandbox=sandbox).code == 3
    sandbox.log.write_text("one\ntwo\nthree\n")
    golden("sandbox-logs.txt", hybridctl("sandbox", "logs", "-n", "2", sandbox=sandbox).transcript)


def test_a_bug_is_said_in_one_line_and_debug_shows_it(hybridctl):
    backend = FakeBackend.deployed(1)
    backend.state.outputs = lambda: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    ran = hybridctl("smoke", backend=backend)
    assert (ran.code, ran.err.splitlines()[-2]) == (1, "error: unexpected: ZeroDivisionError: division by zero")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_way_of_output_may_stand_anywhere(hybridctl, place):
    words = ["outputs", "local"]
    words[place:place] = ["--output", "json"]
    ran = hybridctl(*words, backend=FakeBackend.deployed(1))
    assert json.loads(ran.out)["api_stage"] == "local"


def test_a_way_of_output_that_does_not_exist_is_named(hybridctl):
    ran = hybridctl("outputs", "--output", "yaml")
    assert (ran.code, "yaml" in ran.err) == (2, True)
    assert hybridctl("outputs", "--output").code == 2
