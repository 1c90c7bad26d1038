"""`hybridctl deploy` and `plan`, whole, on fakes."""

import json

import pytest

from fakes import FakeBackend, FakeCheckout
from fakes.backend import NEW_CODE, update
from fakes.functions import FakeHandler
from hybridctl.domain.capacity import Scaled
from hybridctl.domain.release import Outcome
from hybridctl.errors import EngineFailed

TABLE = 'module.table["sessions"].aws_dynamodb_table.this'
DROPS_TABLE = {
    "resource_changes": [
        {
            "address": TABLE,
            "type": "aws_dynamodb_table",
            "mode": "managed",
            "change": {"actions": ["delete", "create"], "before": {"hash_key": "a"}, "after": {"hash_key": "b"}},
        }
    ]
}


def with_new_code(handler: FakeHandler, *versions: int) -> FakeBackend:
    backend = FakeBackend.deployed(*versions) if versions else FakeBackend()
    backend.terraform.planned = NEW_CODE
    backend.terraform.publishes = handler
    backend.artifacts.fresh = True
    return backend


def last(backend: FakeBackend) -> Outcome:
    return backend.journal.releases()[-1].outcome


def test_the_first_deploy_proves_what_it_made(hybridctl, golden):
    backend = with_new_code(FakeHandler(1))
    checkout = FakeCheckout()
    ran = hybridctl("deploy", "local", backend=backend, checkout=checkout)
    golden("deploy-first.txt", ran.transcript)
    assert last(backend) is Outcome.LIVE
    assert checkout.remembered == ["local"]
    assert backend.terraform.open_plans == 0


def test_a_new_version_takes_over_once_proven(hybridctl, golden):
    backend = with_new_code(FakeHandler(2), 1)
    ran = hybridctl("deploy", "local", "-m", "faster", backend=backend)
    golden("deploy-new-version.txt", ran.transcript)
    assert backend.functions.moves == [(2, {})]


def test_nothing_to_do_is_reported_and_changes_nothing(hybridctl, golden):
    backend = FakeBackend.deployed(1)
    hybridctl("deploy", "local", backend=backend)
    recorded = backend.journal.releases()
    ran = hybridctl("deploy", "local", backend=backend)
    golden("deploy-nothing-to-do.txt", ran.transcript)
    assert backend.terraform.applied == 0
    assert backend.journal.releases() == recorded


ONLY_IN_THE_STATE = {
    "resource_changes": [
        {
            "address": "module.monitoring.aws_sns_topic.alarms",
            "previous_address": "module.observability.aws_sns_topic.alarms",
            "type": "aws_sns_topic",
            "mode": "managed",
            "change": {"actions": ["no-op"], "before": {}, "after": {}},
        },
        {
            "address": "module.monitoring.aws_cloudwatch_dashboard.this",
            "type": "aws_cloudwatch_dashboard",
            "mode": "managed",
            "change": {"actions": ["forget"], "before": {}, "after": None},
        },
    ]
}


def test_moved_and_removed_blocks_are_applied_though_nothing_else_changes(hybridctl, golden):
    backend = FakeBackend.deployed(1)
    hybridctl("deploy", "local", backend=backend)
    backend.terraform.planned = ONLY_IN_THE_STATE
    ran = hybridctl("deploy", "local", backend=backend)
    golden("deploy-moved.txt", ran.transcript)
    assert backend.terraform.applied == 1


def test_an_object_at_a_new_address_needs_a_moved_block(hybridctl):
    """Terraform would create the alarm and then delete it: hashicorp/terraform-provider-aws#433."""
    backend = FakeBackend.deployed(1)
    named, kind = {"alarm_name": "errors"}, "aws_cloudwatch_metric_alarm"
    backend.terraform.planned = {
        "resource_changes": [
            {"address": f"{kind}.old", "type": kind, "change": {"actions": ["delete"], "before": named}},
            {"address": f"{kind}.new", "type": kind, "change": {"actions": ["create"], "after": named}},
        ]
    }
    ran = hybridctl("deploy", "local", backend=backend)
    assert (ran.code, backend.terraform.applied, backend.terraform.open_plans) == (2, 0, 0), ran.transcript
    assert f"add a moved block to the HCL, with from = {kind}.old and to = {kind}.new" in ran.err


def test_warnings_of_terraform_are_shown_before_and_after_the_apply(hybridctl):
    backend = with_new_code(FakeHandler(2), 1)
    backend.terraform.warns = "Check block assertion failed: It is late. (main.tf:7)"
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 0
    warns = f"note: Terraform warns: {backend.terraform.warns}\n"
    assert ran.err.count(warns) == 1
    assert warns in hybridctl("plan", "local", backend=backend).err
    backend.terraform.planned = NEW_CODE
    backend.terraform.warns_after = "Check block assertion failed: It is early. (main.tf:7)"
    ran = hybridctl("deploy", "local", backend=backend)
    assert warns in ran.err
    assert ran.err.rstrip().endswith(f"note: Terraform warns: {backend.terraform.warns_after}")


def half_made(**reason: str) -> FakeBackend:
    backend = FakeBackend.deployed(1)
    backend.terraform.planned = {"resource_changes": [DROPS_TABLE["resource_changes"][0] | reason]}
    return backend


def test_a_table_whose_creation_did_not_finish_is_kept_and_corrected(hybridctl):
    backend = half_made(action_reason="replace_because_tainted")
    ran = hybridctl("deploy", "local", backend=backend)
    assert (ran.code, backend.terraform.untainted, backend.terraform.applied) == (0, [TABLE], 1), ran.transcript
    assert f"an earlier apply did not finish {TABLE}: kept, and corrected where it differs" in ran.err
    assert backend.terraform.open_plans == 0


@pytest.mark.parametrize("command", [("plan", "local"), ("deploy", "local", "--dry-run")])
def test_only_a_deploy_keeps_it_and_a_plan_says_so(hybridctl, command):
    backend = half_made(action_reason="replace_because_tainted")
    ran = hybridctl(*command, backend=backend)
    assert (ran.code, backend.terraform.untainted) == (5, [])
    assert f"an earlier apply did not finish {TABLE}; hybridctl deploy keeps and corrects what exists" in ran.err


def test_it_is_replaced_where_that_was_allowed_by_name(hybridctl):
    backend = half_made(action_reason="replace_because_tainted")
    ran = hybridctl("deploy", "local", "--allow", f"table-destroyed:{TABLE}", backend=backend)
    assert (ran.code, backend.terraform.untainted, backend.terraform.applied) == (0, [], 1), ran.transcript


def test_a_table_that_is_replaced_for_another_reason_is_not_kept(hybridctl):
    backend = half_made(action_reason="replace_because_cannot_update")
    assert (hybridctl("deploy", "local", backend=backend).code, backend.terraform.untainted) == (5, [])


def test_what_serves_without_any_record_is_verified_and_recorded(hybridctl):
    backend = FakeBackend.deployed(1)
    assert hybridctl("deploy", "local", backend=backend).code == 0
    (release,) = backend.journal.releases()
    assert (release.outcome, release.verified, release.version_after) == (Outcome.LIVE, True, 1)


def test_a_version_that_cannot_be_proven_takes_no_traffic(hybridctl, golden):
    backend = with_new_code(FakeHandler(2, broken={"GET /health"}), 1)
    ran = hybridctl("deploy", "local", backend=backend)
    golden("deploy-not-proven.txt", ran.transcript)
    assert backend.functions.moves == []
    assert last(backend) is Outcome.FAILED


def test_a_version_that_is_red_in_public_is_taken_back(hybridctl, golden):
    backend = with_new_code(FakeHandler(2), 1)
    backend.probe.broken = {2: {"GET /auth/sessions"}}
    ran = hybridctl("deploy", "local", backend=backend)
    golden("deploy-taken-back.txt", ran.transcript)
    assert backend.functions.moves == [(2, {}), (1, {})]
    assert last(backend) is Outcome.TAKEN_BACK


def test_an_old_version_answering_is_not_taken_for_the_new_one(hybridctl):
    backend = with_new_code(FakeHandler(2, build="somebody-elses"), 1)
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 5
    assert "answered by build somebody-elses, expected bbbbbbbbbbbbbbbb" in ran.err
    assert backend.functions.moves == []


def test_ctrl_c_while_verifying_puts_the_alias_back(hybridctl):
    backend = with_new_code(FakeHandler(2), 1)
    backend.probe.interrupt = True
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 130
    assert backend.functions.moves == [(2, {}), (1, {})]
    assert last(backend) is Outcome.INTERRUPTED
    assert backend.journal.running() is None


def test_after_a_rollback_the_same_code_moves_forward_again(hybridctl):
    backend = FakeBackend.deployed(1, 2, live=1)
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 0
    assert backend.terraform.applied == 0
    assert backend.functions.moves == [(2, {})]


def test_a_plan_that_replaces_a_table_is_refused_by_name(hybridctl, golden):
    backend = FakeBackend.deployed(1)
    backend.terraform.planned = DROPS_TABLE
    ran = hybridctl("deploy", "local", backend=backend)
    golden("deploy-refused.txt", ran.transcript)
    assert backend.terraform.applied == 0
    assert backend.terraform.open_plans == 0


def test_a_refusal_that_is_allowed_by_name_passes(hybridctl):
    backend = FakeBackend.deployed(1)
    backend.terraform.planned = DROPS_TABLE
    ran = hybridctl("deploy", "local", "--allow", f"table-destroyed:{TABLE}", backend=backend)
    assert ran.code == 0
    assert backend.terraform.applied == 1


def test_lifting_a_tables_protection_must_be_allowed(hybridctl):
    backend = FakeBackend.deployed(1)
    protected = {"deletion_protection_enabled": True}
    change = update(TABLE, "aws_dynamodb_table", protected, {"deletion_protection_enabled": False})
    backend.terraform.planned = {"resource_changes": [change]}
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 5
    assert f"--allow 'protection-lifted:{TABLE}'" in ran.err


def test_staging_asks_and_takes_no_for_an_answer(hybridctl, golden):
    backend = with_new_code(FakeHandler(2), 1)
    ran = hybridctl("deploy", "staging", backend=backend, answer="n")
    assert ran.code == 6
    assert "cancelled: nothing was changed" in ran.err
    assert backend.terraform.applied == 0
    assert backend.terraform.open_plans == 0


def test_without_a_terminal_nothing_is_asked(hybridctl, golden):
    backend = with_new_code(FakeHandler(2), 1)
    ran = hybridctl("deploy", "staging", backend=backend)
    golden("deploy-nobody-to-ask.txt", ran.transcript)
    assert backend.terraform.applied == 0


def test_production_is_confirmed_by_its_name(hybridctl):
    backend = with_new_code(FakeHandler(2), 1)
    assert hybridctl("deploy", "production", backend=backend, answer="y").code == 6
    assert hybridctl("deploy", "production", backend=backend, answer="production").code == 0


def test_a_protected_environment_is_never_a_fallback(hybridctl):
    ran = hybridctl("deploy", environ={"HYBRIDCTL_ENV": "production"})
    assert ran.code == 2
    assert "production is protected, so it must be named on the command line" in ran.err


def test_two_releases_do_not_run_at_once(hybridctl):
    backend = with_new_code(FakeHandler(2), 1)
    other = with_new_code(FakeHandler(2), 1)
    hybridctl("deploy", "local", backend=other)
    backend.journal.holder = other.journal.releases()[-1]
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 4
    assert "in progress: ada@example.com" in ran.err
    assert backend.terraform.applied == 0


def test_a_failed_apply_is_recorded_with_its_reason(hybridctl):
    backend = with_new_code(FakeHandler(2), 1)
    backend.terraform.fails = EngineFailed("apply of local: AccessDenied")
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 1
    release = backend.journal.releases()[-1]
    assert (release.outcome, release.message) == (Outcome.FAILED, "apply of local: AccessDenied")
    assert backend.journal.running() is None


def test_json_is_one_document_on_success_and_on_failure(hybridctl, golden):
    backend = with_new_code(FakeHandler(2), 1)
    golden("deploy-as-json.txt", hybridctl("--output", "json", "deploy", "local", backend=backend).transcript)
    broken = with_new_code(FakeHandler(2, broken={"GET /health"}), 1)
    golden("deploy-failed-as-json.txt", hybridctl("--output", "json", "deploy", "local", backend=broken).transcript)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["deploy", "nowhere"], "there is no environment 'nowhere'"),
        (["deploy", "local", "--env", "staging"], "conflicting environments: local and staging"),
        (["deploy", "local", "--var", "memory"], "--var 'memory' is not NAME=VALUE"),
        (["deploy", "local", "--as", "nowhere"], "there is no environment 'nowhere'"),
        (["deploy", "--nonsense"], "No such option: --nonsense"),
    ],
)
def test_bad_input_is_named(hybridctl, argv, message):
    ran = hybridctl(*argv)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_plan_shows_the_dangerous_first_and_changes_nothing(hybridctl, golden):
    backend = with_new_code(FakeHandler(2), 1)
    role = update("module.function.aws_iam_role_policy.this", "aws_iam_role_policy", {"policy": "a"}, {"policy": "b"})
    backend.terraform.planned = {"resource_changes": [*NEW_CODE["resource_changes"], role]}
    ran = hybridctl("plan", "local", "--var", "lambda_memory_size=1024", "--as", "production", backend=backend)
    golden("plan.txt", ran.transcript)
    assert backend.terraform.requests[0].variables == {"lambda_memory_size": "1024"}
    assert backend.terraform.requests[0].values_of == "production"
    assert (backend.terraform.applied, backend.terraform.open_plans) == (0, 0)


def test_detailed_exitcode_distinguishes_changes_from_none(hybridctl):
    assert hybridctl("plan", "local", "--detailed-exitcode", backend=with_new_code(FakeHandler(2), 1)).code == 5
    assert hybridctl("plan", "local", "--detailed-exitcode", backend=FakeBackend.deployed(1)).code == 0


def test_a_value_is_saved_once_the_plan_has_passed(hybridctl):
    backend, checkout = with_new_code(FakeHandler(2), 1), FakeCheckout()
    argv = ("deploy", "local", "--var", "lambda_memory_size=1024", "--save")
    assert hybridctl("deploy", "local", "--save").code == 2
    assert hybridctl(*argv, "--dry-run", backend=backend, checkout=checkout).code == 0
    backend.terraform.planned = DROPS_TABLE
    assert hybridctl(*argv, backend=backend, checkout=checkout).code == 5
    assert checkout.saved == {}
    backend.terraform.planned = NEW_CODE
    ran = hybridctl(*argv, backend=backend, checkout=checkout)
    assert checkout.saved == {"local": {"lambda_memory_size": "1024"}}
    assert "✓ save      terraform/environments/local/saved.auto.tfvars.json" in ran.err


def test_a_deploy_at_peak_leaves_what_autoscaling_raised(hybridctl):
    backend = FakeBackend.deployed(1)
    assert backend.state.values is not None
    backend.state.values["dynamodb_sessions_table"] = "hybrid-ci-cd-sessions-local"
    backend.scaling.found = [Scaled("hybrid-ci-cd-sessions-local", "table", 60, 40)]
    hybridctl("deploy", "local", backend=backend)
    answer = json.loads(backend.terraform.requests[0].variables["dynamodb_scaled_capacity"])
    assert answer == {"sessions": {"table": {"read": 60, "write": 40}}}
