"""Functions, aliases and APIs for the tests of the cloud, made as Terraform would make them."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import uuid4

import httpx

ECHO = """
import json, os, time
def handle(event, context):
    event = event or {}
    if event.get("raise"):
        raise ValueError(event["raise"])
    if event.get("sleep"):
        time.sleep(event["sleep"])
    if event.get("print"):
        print(event["print"])
    answer = {
        "version": os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        "name": os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        "memory": context.memory_limit_in_mb,
        "request_id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "stream": context.log_stream_name,
        "mark": os.environ.get("MARK"),
        "code": CODE,
        "environment": sorted(os.environ),
        "event": event,
    }
    if "requestContext" in event:
        status = int((event.get("queryStringParameters") or {}).get("status", "200"))
        if event["rawPath"].endswith("/raise"):
            raise ValueError("asked to")
        return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(answer)}
    return answer
"""
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"},
        },
    }
)


def package(code: str = "one", source: str = ECHO) -> bytes:
    """A zip whose handler is backend.entry.handle and returns which code it is."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo("backend/__init__.py"), "")  # no clock in it: same code, same bytes
        archive.writestr(zipfile.ZipInfo("backend/entry.py"), f"CODE = {code!r}\n{source}")
    return content.getvalue()


def unique(prefix: str = "f") -> str:
    return f"{prefix}-{uuid4().hex[:8]}"


class Function:
    """One function with its client; the methods do what their names say and wait until it is done."""

    def __init__(self, sandbox: Any, **options: Any) -> None:
        self.sandbox = sandbox
        self.client = sandbox.client("lambda")
        self.name = unique()
        self.group = f"/aws/lambda/{self.name}"
        role = unique("role")
        sandbox.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
        logs = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}}
        sandbox.client("iam").put_role_policy(RoleName=role, PolicyName="logs", PolicyDocument=json.dumps(logs))
        settings = {
            "Runtime": "python3.13",
            "Architectures": ["arm64"],
            "Handler": "backend.entry.handle",
            "Role": f"arn:aws:iam::{sandbox.account}:role/{role}",
            "Code": {"ZipFile": package()},
            **options,
        }
        self.client.create_function(FunctionName=self.name, **settings)
        self.wait()

    def wait(self) -> None:
        waiter = self.client.get_waiter("function_updated_v2")
        waiter.wait(FunctionName=self.name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})

    def update(self, code: str) -> None:
        self.client.update_function_code(FunctionName=self.name, ZipFile=package(code))
        self.wait()

    def configure(self, **settings: Any) -> None:
        self.client.update_function_configuration(FunctionName=self.name, **settings)
        self.wait()

    def publish(self, **arguments: Any) -> str:
        return str(self.client.publish_version(FunctionName=self.name, **arguments)["Version"])

    def alias(self, name: str, version: str, weights: dict[str, float] | None = None) -> dict[str, Any]:
        routing = {"AdditionalVersionWeights": weights or {}}
        arguments = {"FunctionName": self.name, "Name": name, "FunctionVersion": version, "RoutingConfig": routing}
        made: dict[str, Any] = self.client.create_alias(**arguments)
        return made

    def invoke(self, event: Any = None, qualifier: str | None = None, **arguments: Any) -> dict[str, Any]:
        if qualifier:
            arguments["Qualifier"] = qualifier
        answer = self.client.invoke(FunctionName=self.name, Payload=json.dumps(event or {}), **arguments)
        return {**answer, "body": json.loads(answer["Payload"].read() or "null")}

    def log(self) -> list[dict[str, Any]]:
        """The events so far; before the first invocation there is no log group."""
        logs = self.sandbox.client("logs")
        try:
            found: list[dict[str, Any]] = logs.filter_log_events(logGroupName=self.group)["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return found


class Api:
    """An HTTP API in front of a function's alias `live`; requests go over plain HTTP."""

    STAGE = "staging"
    FORMAT = (
        '{"id":"$context.requestId","route":"$context.routeKey","status":$context.status,"path":"$context.path",'
        '"function":"$context.integration.requestId","error":"$context.integrationErrorMessage",'
        '"unset":"$context.authorizer.principalId"}'
    )
    CORS: ClassVar[dict[str, Any]] = {
        "AllowOrigins": ["https://app.example"],
        "AllowMethods": ["GET", "POST"],
        "AllowHeaders": ["authorization"],
        "MaxAge": 300,
        "AllowCredentials": True,
    }

    def __init__(self, function: Function) -> None:
        sandbox = function.sandbox
        self.function = function
        self.client = sandbox.client("apigatewayv2")
        self.id = self.client.create_api(Name=unique("api"), ProtocolType="HTTP", CorsConfiguration=self.CORS)["ApiId"]
        arn = f"arn:aws:lambda:{sandbox.region}:{sandbox.account}:function:{function.name}:live"
        made = self.client.create_integration(
            ApiId=self.id,
            IntegrationType="AWS_PROXY",
            PayloadFormatVersion="2.0",
            IntegrationUri=f"arn:aws:apigateway:{sandbox.region}:lambda:path/2015-03-31/functions/{arn}/invocations",
        )
        function.client.add_permission(
            FunctionName=function.name,
            Qualifier="live",
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{sandbox.region}:{sandbox.account}:{self.id}/*",
        )
        for route in ("GET /health", "$default"):
            target = f"integrations/{made['IntegrationId']}"
            self.client.create_route(ApiId=self.id, RouteKey=route, Target=target)
        self.group = f"/aws/vendedlogs/apigateway/{self.id}"
        sandbox.client("logs").create_log_group(logGroupName=self.group)
        destination = f"arn:aws:logs:{sandbox.region}:{sandbox.account}:log-group:{self.group}"
        self.client.create_stage(
            ApiId=self.id,
            StageName=self.STAGE,
            AutoDeploy=True,
            AccessLogSettings={"DestinationArn": destination, "Format": self.FORMAT},
        )

    def request(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        url = f"{self.function.sandbox.endpoint}/_aws/execute-api/{self.id}/{self.STAGE}{path}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.request(method, url, headers=named, trust_env=False, timeout=60)

    def access_log(self) -> list[dict[str, Any]]:
        found = self.function.sandbox.client("logs").filter_log_events(logGroupName=self.group)["events"]
        return [json.loads(event["message"]) for event in found]


def total(sandbox: Any, namespace: str, name: str, statistic: str = "Sum", **dimensions: str) -> float | None:
    """One statistic of one metric over the last minutes, None where there is no such series."""
    now = datetime.now(UTC)
    metric = {
        "Namespace": namespace,
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
    }
    query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": statistic}}
    answer = sandbox.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=now - timedelta(hours=1), EndTime=now + timedelta(hours=1)
    )
    values = answer["MetricDataResults"][0]["Values"]
    return sum(values) if values else None
