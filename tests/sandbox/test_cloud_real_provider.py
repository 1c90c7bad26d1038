"""The proof: this repository's HCL, applied to the sandbox by the real hashicorp/aws provider, plans empty after it.

Needs a Terraform on PATH and HYBRIDCTL_TEST_PROVIDER_MIRROR, the directory of a filesystem mirror that has the
provider; nothing is downloaded.
"""

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
MIRROR = os.environ.get("HYBRIDCTL_TEST_PROVIDER_MIRROR")
BACKEND = {
    "region": "us-east-1",
    "use_path_style": "true",
    "skip_credentials_validation": "true",
    "skip_requesting_account_id": "true",
    "skip_metadata_api_check": "true",
    "skip_region_validation": "true",
}

pytestmark = [
    pytest.mark.skipif(not MIRROR, reason="HYBRIDCTL_TEST_PROVIDER_MIRROR is not set"),
    pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on PATH"),
]


class Terraform:
    """The engine in a copy of the local root, with nothing but the endpoint and test keys in its environment."""

    def __init__(self, sandbox, folder):
        self.root = folder / "terraform" / "environments" / "local"
        shutil.copytree(REPOSITORY / "terraform", folder / "terraform")
        configuration = folder / "cli.tfrc"
        configuration.write_text(f'provider_installation {{\n filesystem_mirror {{ path = "{MIRROR}" }}\n}}\n')
        self.environment = {**sandbox.environment, "TF_CLI_CONFIG_FILE": str(configuration), "TF_IN_AUTOMATION": "1"}
        with zipfile.ZipFile(folder / "terraform" / "lambda_function.zip", "w") as package:
            for path in sorted((REPOSITORY / "lambda_src" / "backend").rglob("*.py")):
                package.write(path, path.relative_to(REPOSITORY / "lambda_src"))

    def __call__(self, *arguments, status=0):
        argv = ["terraform", arguments[0], "-input=false", "-no-color", *arguments[1:]]
        done = subprocess.run(
            argv, cwd=self.root, env=self.environment, capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == status, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout

    def outputs(self):
        argv = ["terraform", "output", "-json"]
        done = subprocess.run(argv, cwd=self.root, env=self.environment, capture_output=True, text=True, check=True)
        return {name: output["value"] for name, output in json.loads(done.stdout).items()}


def test_every_environments_values_apply_plan_empty_and_are_destroyed(sandbox, tmp_path):
    sandbox.client("s3").create_bucket(Bucket="terraform-state")
    terraform = Terraform(sandbox, tmp_path)
    backend = {**BACKEND, "bucket": "terraform-state"}
    terraform("init", *(f"-backend-config={name}={value}" for name, value in backend.items()))
    values = []
    for environment in ("staging", "production", "staging"):  # also: the billing mode there and back
        values = [f"-var-file=../{environment}/terraform.tfvars", "-var", "environment=local"]
        if environment == "production":
            values += ["-var", "dynamodb_deletion_protection=false"]
        terraform("apply", "-auto-approve", *values)
        terraform("plan", "-detailed-exitcode", *values)  # 2, and so a failure, when it finds anything to do
    outputs = terraform.outputs()
    answer = sandbox.client("lambda").invoke(
        FunctionName=outputs["lambda_function_name"],
        Qualifier=outputs["lambda_alias_name"],
        Payload=json.dumps({"version": "2.0", "routeKey": "GET /health", "rawPath": "/local/health"}),
    )
    assert "FunctionError" not in answer
    terraform("destroy", "-auto-approve", *values)
    remaining = sandbox.client("dynamodb").list_tables()["TableNames"]
    assert not [name for name in remaining if name.endswith("-local")]
