"""Tables, roles, log groups and the data sources are planned as hashicorp/aws plans them."""

from pathlib import Path
from typing import Any

from sandbox.provider.parity import differences
from sandbox.provider.test_dynamodb import EVERYTHING, by_user, switch, table, ttl
from sandbox.provider.test_iam import policy, role
from sandbox.provider.test_logs import DEFAULT_TAGS, group
from sandbox.provider.test_policy_document import EVERY_DOCUMENT

TAGS = '  tags = { Team = "mine", A = "1" }\n'
PLACE = 'data "aws_caller_identity" "it" {}\ndata "aws_region" "it" {}\ndata "aws_partition" "it" {}\n'


def name_hcl(hcl: str, name: str) -> str:
    return hcl.replace('"this"', f'"{name}"').replace(".this.", f".{name}.")


BEFORE = (
    name_hcl(group("/parity/group", retention_in_days="7", tags='{ A = "1" }'), "changed"),
    name_hcl(group("/parity/old"), "renamed"),
    role("parity", 'description = "old"', 'tags = { A = "1" }') + policy("s3:GetObject"),
    name_hcl(table("parity-resized", by_user(3), EVERYTHING, TAGS, units=5), "resized"),
    name_hcl(table("parity-on-demand", by_user(3), ttl("true"), units=5), "on_demand"),
    name_hcl(table("parity-provisioned", by_user(), switch("server_side_encryption", "false")), "provisioned"),
    name_hcl(table("parity-silent", by_user(2), units=2), "silent"),
    name_hcl(table("parity-zero", by_user(0), units=0, mode="PAY_PER_REQUEST"), "zero"),
    name_hcl(table("parity-old"), "renamed"),
    name_hcl(table("parity-same", by_user(), EVERYTHING), "same"),
)
AFTER = (
    name_hcl(group("/parity/group", retention_in_days="30", tags='{ Team = "core" }'), "changed"),
    name_hcl(group("/parity/new"), "renamed"),
    role("parity", 'description = "new"', "max_session_duration = 7200") + policy("s3:PutObject"),
    name_hcl(
        table("parity-resized", by_user(4), ttl("false"), switch("point_in_time_recovery", "false"), units=6), "resized"
    ),
    name_hcl(table("parity-on-demand", by_user(0), ttl("true"), units=0, mode="PAY_PER_REQUEST"), "on_demand"),
    name_hcl(table("parity-silent", by_user()), "silent"),
    name_hcl(table("parity-provisioned", by_user(2), units=1), "provisioned"),
    name_hcl(table("parity-zero", by_user(1), units=1), "zero"),
    name_hcl(table("parity-new", TAGS), "renamed"),
    name_hcl(table("parity-same", by_user(), EVERYTHING), "same"),
)


def test_plans_agree_with_the_real_provider_attribute_by_attribute(tmp_path: Path, sandbox: Any) -> None:
    (sandbox.home / "ttl-interval").write_text("0", encoding="utf-8")  # each step is an hour after the one before
    steps = ["".join((*step, PLACE, EVERY_DOCUMENT)) for step in (BEFORE, AFTER)]
    assert differences(sandbox, tmp_path, "foundations", steps, provider=DEFAULT_TAGS) == []
