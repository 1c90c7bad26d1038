"""Functions as AWS would describe them, for tests that need no AWS."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hybridctl.domain.existing.function import Api, Group, InlinePolicy, LiveAlias, LiveFunction, Role
from hybridctl.domain.existing.statements import Statement
from hybridctl.domain.invocation import Invocation
from hybridctl.errors import NotFound

ACCOUNT, REGION = "123456789012", "eu-central-1"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:checkout"
SECRET = "hunter2-and-more"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
READS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}],
}


def zip_members(members: Mapping[str, str]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return written.getvalue()


CODE = zip_members({"main.py": "def handle(event, context):\n    return {}\n", "requirements.txt": "requests\n"})
PLAIN = LiveFunction(
    account=ACCOUNT,
    partition="aws",
    region=REGION,
    configuration={
        "FunctionName": "checkout",
        "Handler": "main.handle",
        "Runtime": "python3.12",
        "Role": f"arn:aws:iam::{ACCOUNT}:role/checkout",
        "CodeSha256": "abc=",
        "MemorySize": 192,
        "Timeout": 7,
        "Environment": {"Variables": {"GREETING": "hi ${x}", "DB_PASSWORD": SECRET}},
    },
    code=CODE,
    tags={"team": "shop"},
    alias=None,
    versions=(),
    latest_sha256="abc=",
    role=Role(
        f"arn:aws:iam::{ACCOUNT}:role/checkout",
        "checkout",
        trust=json.dumps(TRUST),
        attached=("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",),
        inline=tuple(InlinePolicy(name, json.dumps(READS)) for name in ("Read.Orders", "Read-Orders")),
    ),
    group=Group("/aws/lambda/checkout", exists=True, retention=14),
)


def invoke_arn(qualifier: str) -> str:
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{ARN}{qualifier}/invocations"


def api_calling(qualifier: str, **more: Any) -> Api:
    """An HTTP API with routes of both kinds, whose integration calls the function by that qualifier."""
    routes = [
        {"RouteId": "r1", "RouteKey": "GET /orders", "Target": "integrations/i1"},
        {"RouteId": "r2", "RouteKey": "GET /orders/{id}", "Target": "integrations/i1", "OperationName": "read"},
        {
            "RouteId": "r3",
            "RouteKey": "POST /orders",
            "Target": "integrations/i1",
            "AuthorizationType": "JWT",
            "AuthorizerId": "a1",
            "AuthorizationScopes": ["write"],
        },
    ]
    integration = {"IntegrationId": "i1", "IntegrationUri": invoke_arn(qualifier), "PayloadFormatVersion": "2.0"}
    return Api(
        {"ApiId": "api1", "Name": "shop", "ApiEndpoint": f"https://api1.execute-api.{REGION}.amazonaws.com"},
        {
            "StageName": "$default",
            "AutoDeploy": True,
            "AccessLogSettings": {"DestinationArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:a", "Format": "$x"},
            "DefaultRouteSettings": {"ThrottlingBurstLimit": 5, "ThrottlingRateLimit": 10.0},
        },
        [integration],
        routes,
        **more,
    )


LIVE = LiveAlias("prod", "3", "takes the traffic")
BEHIND_API = replace(
    PLAIN,
    alias=LIVE,
    versions=("1", "3"),
    apis=(api_calling(":prod"),),
    statements=(
        Statement(
            "apigw-1",
            "lambda:InvokeFunction",
            "apigateway.amazonaws.com",
            "prod",
            f"arn:aws:execute-api:{REGION}:{ACCOUNT}:api1/*/*",
        ),
    ),
)
# With everything that the sandbox does not carry out.
RICH = replace(
    BEHIND_API,
    configuration={
        **BEHIND_API.configuration,
        "Description": "takes orders",
        "Architectures": ["arm64"],
        "Layers": [{"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:tools:2"}],
        "VpcConfig": {"SubnetIds": ["subnet-2", "subnet-1"], "SecurityGroupIds": ["sg-1"], "VpcId": "vpc-1"},
        "TracingConfig": {"Mode": "Active"},
        "EphemeralStorage": {"Size": 1024},
        "DeadLetterConfig": {"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"},
        "KMSKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k",
        "SnapStart": {"ApplyOn": "PublishedVersions"},
        "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/aws/lambda/checkout", "ApplicationLogLevel": "INFO"},
        "FileSystemConfigs": [
            {
                "Arn": f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:access-point/fsap-0123456789abcdef0",
                "LocalMountPath": "/mnt/data",
            }
        ],
    },
    reserved=20,
    provisioned=2,
)


@dataclass
class FakeExistingFunctions:
    """One function, answering each event with `answer`; `asked` are the events."""

    function: LiveFunction = PLAIN
    answer: Any = field(default_factory=lambda: {"statusCode": 200, "body": "{}"})
    error: str | None = None
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def read(self, name: str, alias: str | None) -> LiveFunction:
        if name != self.function.name:
            raise NotFound(f"there is no function {name!r}")
        return self.function

    def ask(self, function: LiveFunction, event: Mapping[str, Any]) -> Invocation:
        self.asked.append(event)
        return Invocation("3", self.answer, 0.0, self.error)
