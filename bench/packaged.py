"""The deployed package, run in processes like Lambda's."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.contest import Absent
from bench.workshop import Checkout, Workshop

_PROGRAM = Path(__file__).with_name("handler_process.py")
_FUNCTION = "hybrid-ci-cd-local"


@dataclass(frozen=True)
class Packaged:
    """An unpacked package and the environment of its function."""

    root: Path
    environ: Mapping[str, str]

    def ask(self, mode: str, told: object) -> Any:
        """What `handler_process.py` says in a fresh process; what is not the package's comes from the runtime."""
        ran = subprocess.run(
            [sys.executable, "-P", str(_PROGRAM), mode], cwd=self.root, env=self.environ, input=json.dumps(told),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if ran.returncode != 0:
            raise Absent(f"{mode} of the handler ended with {ran.returncode}: {ran.stderr.strip()[-300:]}")
        return json.loads(ran.stdout)

    @property
    def table(self) -> str:
        return self.environ["SESSIONS_TABLE"]


def packaged(workshop: Workshop) -> Packaged:
    """The package that `local` was deployed from, with the environment variables of the deployed function."""
    checkout = workshop.deployed
    root = workshop.folder / "package"
    if not root.exists():
        with zipfile.ZipFile(checkout.root / "terraform" / "lambda_function.zip") as archive:
            archive.extractall(root)
    told = client(checkout, "lambda").get_function_configuration(FunctionName=_FUNCTION)["Environment"]["Variables"]
    return Packaged(root, checkout.sandbox | told | {"AWS_REGION": "us-east-1", "PYTHONPATH": str(root)})


def client(checkout: Checkout, service: str) -> Any:
    """A client of the sandbox, past everything that is measured."""
    import boto3

    made: Any = boto3.client
    return made(
        service,
        endpoint_url=checkout.sandbox["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=checkout.sandbox["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=checkout.sandbox["AWS_SECRET_ACCESS_KEY"],
    )
