"""A rehearsal of another environment's values and its way back, and code that was changed behind Terraform."""

import io
import json
import shlex
import zipfile

import boto3

from e2e.conftest import Clone

FUNCTION = "hybrid-ci-cd-local"


def lambda_client(clone: Clone):
    exports = clone.exports
    return boto3.client(
        "lambda",
        region_name="us-east-1",
        endpoint_url=exports["AWS_ENDPOINT_URL"],
        aws_access_key_id=exports["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=exports["AWS_SECRET_ACCESS_KEY"],
    )


def test_values_are_borrowed_whole_and_the_way_back_works(deployed: Clone):
    saved = deployed.root / "terraform" / "environments" / "production" / "saved.auto.tfvars.json"
    saved.write_text(json.dumps({"lambda_memory_size": 2048}))
    broken = {"AWS_PROFILE": "nope", "AWS_DEFAULTS_MODE": "nope", "TF_VAR_lambda_memory_size": "128"}
    ran = deployed.must("deploy", "local", "--as", "production", env=broken)
    client = lambda_client(deployed)
    assert client.get_function_configuration(FunctionName=FUNCTION, Qualifier="live")["MemorySize"] == 2048
    assert "ignoring TF_VAR_lambda_memory_size from the shell" in " ".join(ran.err.split())
    back = shlex.split(" ".join(ran.err.split()).partition("to restore its own: hybridctl ")[2])
    assert back[:2] == ["deploy", "local"]
    deployed.must(*back)
    assert client.get_function_configuration(FunctionName=FUNCTION, Qualifier="live")["MemorySize"] == 512


def test_code_that_was_edited_by_hand_is_never_released_as_this_build(deployed: Clone):
    client, edited = lambda_client(deployed), io.BytesIO()
    with zipfile.ZipFile(edited, "w") as archive:
        archive.writestr("backend/entry.py", "def handle(event, context): return {'statusCode': 200}\n")
    client.update_function_code(FunctionName=FUNCTION, ZipFile=edited.getvalue())
    ran = deployed.must("--output", "json", "deploy", "local", "--var", "log_level=ERROR")
    assert "contains other code" in ran.err
    live = client.get_function_configuration(FunctionName=FUNCTION, Qualifier="live")
    assert live["CodeSha256"] == deployed.must("--output", "json", "build").json["sha256"]
    assert live["Version"] == str(ran.json["version"])
