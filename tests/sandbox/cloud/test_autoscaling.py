"""Application Auto Scaling: what Terraform registers can be read back, and what is not there cannot be scaled."""

import pytest
from botocore.exceptions import ClientError

from sandbox.cloud.functions import unique

TRACKING = {
    "TargetValue": 70.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
}


@pytest.fixture
def scaling(sandbox):
    return sandbox.client("application-autoscaling")


@pytest.fixture
def target(sandbox):
    name = unique("table")
    sandbox.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )
    return {
        "ServiceNamespace": "dynamodb",
        "ResourceId": f"table/{name}",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }


def test_a_target_its_tags_and_its_policy_read_back(scaling, target):
    made = scaling.register_scalable_target(**target, MinCapacity=5, MaxCapacity=50, Tags={"project": "x"})
    [found] = scaling.describe_scalable_targets(ServiceNamespace="dynamodb", ResourceIds=[target["ResourceId"]])[
        "ScalableTargets"
    ]
    assert (found["MinCapacity"], found["MaxCapacity"]) == (5, 50)
    assert scaling.list_tags_for_resource(ResourceARN=made["ScalableTargetARN"])["Tags"] == {"project": "x"}
    policy = {"PolicyName": "p", "PolicyType": "TargetTrackingScaling"}
    arn = scaling.put_scaling_policy(**target, **policy, TargetTrackingScalingPolicyConfiguration=TRACKING)["PolicyARN"]
    [kept] = scaling.describe_scaling_policies(**target)["ScalingPolicies"]
    assert (kept["PolicyARN"], kept["TargetTrackingScalingPolicyConfiguration"]) == (arn, TRACKING)


def test_a_changed_target_keeps_its_identity(scaling, target):
    before = scaling.register_scalable_target(**target, MinCapacity=5, MaxCapacity=50)["ScalableTargetARN"]
    assert scaling.register_scalable_target(**target, MaxCapacity=60)["ScalableTargetARN"] == before


def test_a_policy_goes_with_its_target(scaling, target):
    scaling.register_scalable_target(**target, MinCapacity=5, MaxCapacity=50)
    policy = {"PolicyName": "p", "PolicyType": "TargetTrackingScaling"}
    scaling.put_scaling_policy(**target, **policy, TargetTrackingScalingPolicyConfiguration=TRACKING)
    scaling.deregister_scalable_target(**target)
    assert scaling.describe_scaling_policies(**target)["ScalingPolicies"] == []
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        scaling.deregister_scalable_target(**target)


@pytest.mark.parametrize("resource", ["table/missing", "table/missing/index/by_user"])
def test_what_is_not_there_cannot_be_scaled(scaling, target, resource):
    with pytest.raises(ClientError, match="ValidationException"):
        scaling.register_scalable_target(**{**target, "ResourceId": resource}, MinCapacity=1, MaxCapacity=2)


def test_the_minimum_is_not_above_the_maximum(scaling, target):
    with pytest.raises(ClientError, match="ValidationException"):
        scaling.register_scalable_target(**target, MinCapacity=9, MaxCapacity=2)
