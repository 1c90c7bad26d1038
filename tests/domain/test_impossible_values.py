"""Values that AWS refuses are found in the plan; botocore's models of the services are the witness for the limits."""

import re

import botocore.session
import pytest

from hybridctl.domain import impossible_values
from hybridctl.domain.impossible_values import find_impossible_values


def plan_of(kind, **values):
    resource = {"address": f"{kind}.this", "type": kind, "values": values}
    return {"planned_values": {"root_module": {"child_modules": [{"resources": [resource]}]}}}


def function(**values):
    return find_impossible_values(plan_of("aws_lambda_function", **values))


def variables(**values):
    return function(environment=[{"variables": values}])


def model(service):
    return botocore.session.get_session().get_service_model(service)


def test_an_environment_that_is_too_large_is_named_without_its_values():
    (found,) = variables(ORIGINS="https://secret.example.com," * 200, SHORT="x")
    assert "ORIGINS" in found
    assert "4096" in found
    assert "secret" not in found
    assert variables(AB="x" * 4094) == []
    assert variables(AB="x" * 4095)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"memory_size": 127}, "memory_size is 127 MB, but Lambda allows 128 to 10240"),
        ({"memory_size": 10241}, "memory_size is 10241 MB"),
        ({"timeout": 0}, "timeout is 0 s, but Lambda allows 1 to 900"),
        ({"timeout": 901}, "timeout is 901 s"),
        ({"ephemeral_storage": [{"size": 511}]}, "size is 511 MB, but Lambda allows 512 to 10240"),
        ({"layers": ["arn"] * 6}, "6 layers, but Lambda allows 5"),
        ({"function_name": "a" * 65}, "is not a valid function name"),
        (
            {"environment": [{"variables": {"AWS_REGION": "x"}}]},
            "the environment variable AWS_REGION is reserved by Lambda",
        ),
        ({"environment": [{"variables": {"my-name": "x"}}]}, "'my-name' is not a valid environment variable"),
        ({"environment": [{"variables": {"A": "x"}}]}, "'A' is not a valid environment variable"),
    ],
)
def test_what_lambda_refuses_is_named_with_the_limit(values, expected):
    (found,) = function(**values)
    assert found.startswith(f"aws_lambda_function.this: {expected}") or expected in found


def test_all_faults_are_reported_at_once():
    assert len(function(memory_size=1, timeout=1000, layers=["arn"] * 6)) == 3


def test_what_is_possible_or_not_known_yet_passes():
    assert function(memory_size=128, timeout=900, layers=None, environment=[{"variables": None}]) == []
    assert function(memory_size=None, timeout=None, function_name=None, ephemeral_storage=[{"size": 10240}]) == []
    assert function(memory_size=32768, capacity_provider_config=[{}]) == []
    assert find_impossible_values({}) == []


def test_a_retention_that_does_not_exist_is_named_with_the_nearest():
    (found,) = find_impossible_values(plan_of("aws_cloudwatch_log_group", retention_in_days=10))
    assert "retention_in_days is 10" in found
    assert found.endswith("the nearest value is 7")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"name": "ab"}, "'ab' is not a valid table name"),
        ({"global_secondary_index": [{"hash_key": None}] * 21}, "21 global secondary indexes"),
        ({"hash_key": "id", "attribute": [{"name": "key"}]}, "add an attribute block for id"),
    ],
)
def test_what_dynamodb_refuses_is_named(values, expected):
    (found,) = find_impossible_values(plan_of("aws_dynamodb_table", **values))
    assert expected in found


def test_the_lower_limits_and_patterns_are_those_of_the_service_models():
    shapes = {name: model("lambda").shape_for(name).metadata for name in ("MemorySize", "Timeout")}
    assert impossible_values.MEMORY_MB.start == shapes["MemorySize"]["min"]
    assert impossible_values.TIMEOUT_S.start == shapes["Timeout"]["min"]
    assert impossible_values.STORAGE_MB.start == model("lambda").shape_for("EphemeralStorageSize").metadata["min"]
    pattern = model("lambda").shape_for("EnvironmentVariableName").metadata["pattern"]
    for name in ("A", "AB", "a_1", "_AB", "1AB", "A-B"):
        assert bool(re.fullmatch(pattern, name)) is (variables(**{name: "x"}) == [])
    table = model("dynamodb").shape_for("TableName").metadata
    assert (table["min"], table["max"]) == (3, 255)


def test_the_retentions_are_those_of_the_service_model():
    text = re.sub(r"To set a log group.*", "", model("logs").shape_for("Days").documentation)
    assert {int(number) for number in re.findall(r"\d+", text)} == impossible_values.RETENTION_DAYS - {0}
