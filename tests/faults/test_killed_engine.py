"""`kill -9` of Terraform while it creates or replaces: the next deploy adopts what is there, and leaves no orphan."""

from collections.abc import Iterator

import pytest

from e2e.conftest import fresh_clone
from faults.killed_engine import KilledEngine, open_killed_engine
from faults.rig import FaultRecorder

MAIN = "terraform/environments/local/main.tf"
ROLE, RENAMED = "${var.project}-function-", "${var.project}-fn-"


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KilledEngine]:
    folder = tmp_path_factory.mktemp("killed")
    clone = fresh_clone(folder)
    try:
        with open_killed_engine(clone, folder) as made:
            yield made
    finally:
        clone.run("sandbox", "stop")


# Changes come in much the same order: role, tables and log groups, function, API and its parts, alarms.
@pytest.mark.parametrize(("nth", "performed"), [(5, True), (16, True), (30, False)])
def test_a_first_apply_that_was_killed_is_adopted_by_the_next_deploy(
    killed: KilledEngine, record_fault: FaultRecorder, nth: int, performed: bool
):
    killed.reset()
    ended = killed.kill_at(nth, performed=performed)
    assert ended.code == 8, ended.all
    ran = killed.rig.clone.run("deploy", "local")
    assert ran.code == 0, ran.all
    assert "to import" in ran.err
    assert killed.orphans() == []
    assert "no changes" in killed.rig.clone.must("plan", "local").out
    assert [one.name for one in (killed.rig.clone.root / "terraform" / "environments").glob(".*")] == []
    record_fault(f"kill -9 of Terraform at change {nth}", ended.code, "deploy")


def test_a_replacement_that_was_killed_is_completed_by_the_next_deploy(
    killed: KilledEngine, record_fault: FaultRecorder
):
    killed.rig.clone.must("deploy", "local")
    killed.rig.clone.edit(MAIN, lambda text: text.replace(ROLE, RENAMED))
    ended = killed.kill_at(3, performed=True)  # policy and role are gone, and the new role is there
    assert ended.code == 8, ended.all
    ran = killed.rig.clone.run("deploy", "local")
    assert ran.code == 0, ran.all
    assert killed.orphans() == []
    assert "no changes" in killed.rig.clone.must("plan", "local").out
    record_fault("kill -9 of Terraform in a replacement", ended.code, "deploy")


def test_what_someone_else_made_is_named_and_both_printed_ways_work(killed: KilledEngine):
    killed.reset()
    clone, client = killed.rig.clone, killed.rig.client("dynamodb")
    key = {"AttributeName": "job_id", "AttributeType": "S"}
    client.create_table(
        TableName="hybrid-ci-cd-jobs-local",
        AttributeDefinitions=[key],
        KeySchema=[{"AttributeName": "job_id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    refused = clone.run("--output", "json", "deploy", "local")
    assert refused.code == 4, refused.all
    hint = refused.json["error"]["hint"]
    assert "aws dynamodb delete-table --table-name hybrid-ci-cd-jobs-local" in hint
    command = hint.partition("import it: ")[2].partition(";")[0]
    ran = clone.shell(f"python -m {command}")
    assert ran.code == 0, ran.all
    assert "1 imported" in ran.err
    assert killed.orphans() == []
