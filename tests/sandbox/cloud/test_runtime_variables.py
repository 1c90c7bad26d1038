"""The environment variables of a function in the sandbox."""

from hybridctl.sandbox.cloud.runtime.variables import list_variables
from hybridctl.sandbox.home import REGION


def variables(own: dict[str, str], monkeypatch, **config) -> dict[str, str]:
    for name in ("AWS_ENDPOINT_URL", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, f"the sandbox's {name}")
    monkeypatch.setenv("SECRET_OF_THE_SANDBOX", "x")
    config |= {"FunctionName": "shop-local", "Version": "7", "Environment": {"Variables": own}}
    return list_variables(config, task_root="/code", stream="s", credentials={"AWS_ACCESS_KEY_ID": "role"})


def test_a_function_has_its_own_variables_and_none_of_the_sandboxs(monkeypatch):
    found = variables({"TABLE": "orders", "TZ": "Europe/Berlin"}, monkeypatch)
    assert (found["TABLE"], found["TZ"]) == ("orders", "Europe/Berlin")
    assert "SECRET_OF_THE_SANDBOX" not in found


def test_lambdas_reserved_variables_win_over_the_functions(monkeypatch):
    """Source: configuration-envvars.html in lambda/latest/dg, reserved environment variables."""
    found = variables({"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "mine", "_HANDLER": "x"}, monkeypatch)
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == REGION
    assert found["AWS_ACCESS_KEY_ID"] == "role"
    assert found["_HANDLER"] == ""


def test_a_function_knows_its_name_version_and_log(monkeypatch):
    found = variables({}, monkeypatch, MemorySize=256, LoggingConfig={"LogFormat": "JSON"})
    known = {name: found[f"AWS_LAMBDA_{name}"] for name in ("FUNCTION_NAME", "FUNCTION_VERSION", "LOG_GROUP_NAME")}
    assert known == {
        "FUNCTION_NAME": "shop-local",
        "FUNCTION_VERSION": "7",
        "LOG_GROUP_NAME": "/aws/lambda/shop-local",
    }
    assert (found["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], found["AWS_LAMBDA_LOG_FORMAT"]) == ("256", "JSON")
