"""`hybridctl destroy`, whole, on fakes."""

import pytest

from fakes import FakeBackend, FakeCheckout
from fakes.settings import FakeCaller
from hybridctl.domain.identity import Identity
from hybridctl.domain.stored_state import StateKind, StoredState
from hybridctl.domain.table import Table
from hybridctl.errors import AwsRefused, EngineFailed


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


def test_destroy_reports_what_the_tables_hold(hybridctl):
    backend = FakeBackend.deployed(1)
    backend.state.values = {**(backend.state.values or {}), "dynamodb_sessions_table": "t"}
    backend.tables.found = {"t": Table("t", "PAY_PER_REQUEST", (), items=1234)}
    assert "t: 1,234 items" in hybridctl("destroy", "local", "--yes", backend=backend).err


ROLE = "arn:aws:sts::000000000000:assumed-role/{}/ci"
TABLE = "arn:aws:dynamodb:eu-west-1:000000000000:table/orders"  # of an adopted stack: a name of its own
TOPIC = "arn:aws:sns:eu-west-1:000000000000:pager"


@pytest.mark.parametrize(
    ("role", "caller", "expected"),
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
def test_a_destroy_that_would_stop_half_way_does_not_begin(hybridctl, role, caller, expected):
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
    assert (ran.code, backend.terraform.applied) == ((1, 0) if expected else (0, 1)), ran.err
    assert [resource for need in backend.caller.asked for resource in need.resources] in ([TABLE, TOPIC], [TABLE])
    if expected:
        assert "would fail half way, so nothing was changed" in ran.err
        assert expected in " ".join(ran.err.split())
        assert hybridctl("destroy", "local", "--dry-run", backend=backend).code == 0
        assert hybridctl("destroy", "local", "--yes", "--force", backend=backend).code == 0


def test_a_destroy_that_failed_half_way_can_be_continued(hybridctl):
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


def test_what_a_first_apply_left_half_made_can_be_destroyed(hybridctl):
    backend = FakeBackend()
    backend.state.stored = StoredState(StateKind.WITHOUT_OUTPUTS, resources=3)
    ran = hybridctl("destroy", "local", backend=backend, answer="local")
    assert (ran.code, backend.terraform.applied) == (0, 1), ran.err
    gone = hybridctl("destroy", "local", backend=FakeBackend(), answer="local")
    assert (gone.code, "import it" in gone.err) == (3, True)


def test_a_destroy_that_aws_refused_says_what_to_do_first(hybridctl):
    backend = FakeBackend.deployed(1)
    words = (
        "apply of local: deleting a role: api error ExpiredToken: The security token included in the request is expired"
    )
    backend.terraform.fails = EngineFailed(words, hint="x")
    ran = hybridctl("destroy", "local", "--yes", backend=backend)
    assert (ran.code, "aws sso login, or renew the credentials; hybridctl destroy local then" in ran.err) == (
        1,
        True,
    ), ran.err
