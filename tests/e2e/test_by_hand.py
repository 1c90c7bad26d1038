"""What somebody changed by hand is named attribute by attribute; and how a protected environment comes to its end."""

import re
from typing import Any

import boto3

from e2e.conftest import Clone

FUNCTION = "hybrid-ci-cd-local"
SESSIONS = "hybrid-ci-cd-sessions-local"


def aws(clone: Clone, service: str) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    return boto3.client(service, endpoint_url=clone.exports["AWS_ENDPOINT_URL"], **keys)


def changed(resource: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {each["attribute"]: (each["known"], each["found"]) for each in resource["differences"]}


def test_drift_made_by_hand_is_named_attribute_by_attribute(deployed: Clone):
    aws(deployed, "lambda").update_function_configuration(FunctionName=FUNCTION, MemorySize=1024)
    for alarm in ("degraded", "errors"):  # the composite one first: CloudWatch keeps what it depends on
        aws(deployed, "cloudwatch").delete_alarms(AlarmNames=[f"hybrid-ci-cd-{alarm}-local"])
    tables = aws(deployed, "dynamodb")
    arn = tables.describe_table(TableName=SESSIONS)["Table"]["TableArn"]
    tables.tag_resource(ResourceArn=arn, Tags=[{"Key": "Project", "Value": "mine"}])
    ran = deployed.run("--output", "json", "drift", "local")
    assert ran.code == 5, ran.all
    found = {
        one["address"]: (
            one["gone"],
            {each["attribute"]: (each["known"], each["found"]) for each in one["differences"]},
        )
        for one in ran.json["resources"]
    }
    assert found == {
        "module.function.aws_lambda_function.this": (False, {"memory_size": ("512", "1024")}),
        "module.observability.aws_cloudwatch_composite_alarm.degraded": (True, {}),
        'module.observability.aws_cloudwatch_metric_alarm.this["errors"]': (True, {}),
        'module.table["sessions"].aws_dynamodb_table.this': (False, {"tags.Project": ('"hybrid-ci-cd"', '"mine"')}),
    }


def test_a_deploy_puts_back_what_was_changed_by_hand(deployed: Clone):
    deployed.must("deploy", "local")
    assert deployed.must("drift", "local").out.startswith("no drift")


def test_a_protected_production_ends_only_after_its_protection_was_lifted_in_a_release(deployed: Clone):
    deployed.must("deploy", "local", "--as", "production", timeout=400)
    refused = deployed.run("destroy", "local", "--yes")
    assert refused.code == 6, refused.all
    assert SESSIONS in tables_of(deployed)
    hint = re.search(r"hint: .*(hybridctl deploy local .*)", refused.err)
    assert hint is not None
    lifted = deployed.shell(hint[1].replace("deploy local", "deploy local --as production"))
    assert lifted.code == 0, lifted.all
    deployed.must("destroy", "local", "--yes")
    assert tables_of(deployed) == []
    assert deployed.run("state", "list", "local").code == 3


def tables_of(clone: Clone) -> list[str]:
    found: list[str] = aws(clone, "dynamodb").list_tables()["TableNames"]
    return found
