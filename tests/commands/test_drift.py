"""`hybridctl drift`, whole, on fakes."""

from commands.test_state import with_resources


def drift_of(kind: str, before: dict[str, object], after: dict[str, object] | None) -> dict[str, object]:
    actions = ["delete"] if after is None else ["update"]
    change = {"actions": actions, "before": before, "after": after, "before_sensitive": {}, "after_sensitive": {}}
    return {"address": f"module.x.{kind}.this", "type": kind, "change": change}


def test_drift_names_each_attribute_and_passes_over_what_releases_move(hybridctl, golden):
    backend = with_resources()
    alias = drift_of("aws_lambda_alias", {"function_version": "1"}, {"function_version": "2"})
    function = drift_of("aws_lambda_function", {"memory_size": 512, "tags": None}, {"memory_size": 1024, "tags": {}})
    alarm = drift_of("aws_cloudwatch_metric_alarm", {"threshold": 1}, None)
    backend.terraform.planned = {"resource_drift": [alias, function, alarm]}
    golden("drift.txt", hybridctl("drift", "local", backend=backend).transcript)
    assert backend.terraform.requests[-1].refresh_only
    assert backend.terraform.open_plans == 0
    backend.terraform.planned = {"resource_drift": [alias]}
    none = hybridctl("drift", "local", backend=backend)
    assert (none.code, "no drift" in none.out) == (0, True)


def test_a_sensitive_difference_is_named_but_not_shown(hybridctl):
    backend = with_resources()
    change = drift_of("aws_lambda_function", {"environment": "a"}, {"environment": "b"})
    change["change"]["after_sensitive"] = {"environment": True}  # type: ignore[index]
    backend.terraform.planned = {"resource_drift": [change]}
    ran = hybridctl("drift", "local", backend=backend)
    assert "environment: (sensitive) → (sensitive)" in ran.out
