"""What a sandbox that enforces IAM asks for is what AWS asks for: by its own table of actions, for every operation."""

from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import OperationModel, Shape
from botocore.session import get_session

from domain.iam.test_grants import CALLED
from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.grants import grants
from hybridctl.sandbox.home import ACCOUNT, REGION, Home

TABLE = tuple(grants(Names("hybrid-ci-cd", "local"), Place("local", ACCOUNT, REGION)))
GRANTED = sorted({action for grant in TABLE for action in grant.called})
CLIENTS = {"apigateway": "apigatewayv2"}
# No operation has this name: asked for beside another one, or the name that IAM has for it.
BESIDE = {
    "apigateway:TagResource",
    "apigateway:UntagResource",
    "iam:CreateServiceLinkedRole",
    "iam:PassRole",
    *(f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")),
    "logs:ListLogDeliveries",
    "s3:GetObjectVersion",  # GetObject with a version
}
METHODS = {"GET": "GetApi", "POST": "CreateStage", "PUT": "ReimportApi", "PATCH": "UpdateApi", "DELETE": "DeleteApi"}
OPERATIONS = {action: operation.partition(":")[2] for operation, action in CALLED.items()} | {
    "s3:GetObject": "GetObject",
    "s3:ListBucket": "ListObjectsV2",
}
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:topic"
NAMES = {"FunctionName": "f", "RoleName": "r", "TableName": "t", "AlarmName": "a", "Bucket": "bucket", "Key": "k"}


@pytest.fixture(scope="module")
def nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Opens clients of a user without any policy."""
    from sandbox.conftest import SandboxProcess

    home = tmp_path_factory.mktemp("nobody")
    Home(home).enforced.touch()
    running = SandboxProcess(home).start()
    iam = running.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    running.client("s3").create_bucket(Bucket="bucket")

    def client(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=running.endpoint,
            region_name=REGION,
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            config=Config(retries={"total_max_attempts": 1}, proxies={}, inject_host_prefix=False),
        )

    yield client
    running.stop()


def operation_of(action: str) -> tuple[str, OperationModel]:
    prefix, _, name = action.partition(":")
    service = CLIENTS.get(prefix, prefix)
    name = METHODS.get(name, name) if prefix == "apigateway" else OPERATIONS.get(action, name)
    return service, get_session().get_service_model(service).operation_model(name)


def fill(shape: Shape | None, name: str = "") -> Any:
    """The least that botocore's validation lets through."""
    if shape is None:
        return {}
    kind = shape.type_name
    if kind == "structure":
        return {member: fill(shape.members[member], member) for member in shape.required_members}
    if kind == "list":
        return [fill(shape.member, name)]
    if kind == "map":
        return {"k": fill(shape.value)}
    if kind == "boolean":
        return True
    if kind in ("integer", "long"):
        return shape.metadata.get("min", 1)
    if kind in ("float", "double"):
        return 1.0
    if kind == "timestamp":
        return 0
    if kind == "blob":
        return b"{}"
    return text(shape, name)


def text(shape: Shape, name: str) -> str:
    if shape.enum:
        return str(shape.enum[0])
    if "arn" in name.lower():
        return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:g" if name == "resourceArn" else TOPIC
    return NAMES.get(name, "x" * max(4, shape.metadata.get("min", 1)))


@pytest.mark.parametrize("action", [one for one in GRANTED if one not in BESIDE])
def test_the_denial_of_an_operation_names_the_action_that_aws_has_for_it(nobody: Any, action: str):
    service, operation = operation_of(action)
    request: Mapping[str, Any] = fill(operation.input_shape)
    call = getattr(nobody(service), xform_name(operation.name))
    with pytest.raises(ClientError) as denied:
        call(**request)
    message = str(denied.value)
    assert "not authorized to perform" in message or "AccessDenied" in message, message
    assert action in message, message
