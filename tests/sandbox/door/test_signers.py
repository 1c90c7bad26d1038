"""Who signs is served: with the sandbox's key, and with credentials that the sandbox gave out."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from hybridctl.sandbox.home import Home
from sandbox.cloud.functions import Function, package
from sandbox.conftest import SandboxProcess
from sandbox.door.raw_http import Line


def client(sandbox: SandboxProcess, service: str, key: dict[str, str]) -> Any:
    names = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    return boto3.client(
        service,
        endpoint_url=sandbox.endpoint,
        region_name="us-east-1",
        aws_session_token=key.get("SessionToken"),
        **names,
    )


def test_a_function_acts_as_its_role_and_its_credentials_end_with_it(opened: SandboxProcess):
    source = """
import os, boto3
from botocore.config import Config
def handle(event, context):
    names = ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")
    values = (os.environ[f"AWS_{name}"] for name in names)
    key = dict(zip(("AccessKeyId", "SecretAccessKey", "SessionToken"), values))
    s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
    link = s3.generate_presigned_url("list_objects_v2", {"Bucket": event["bucket"]}) if "bucket" in event else ""
    return {"key": key, "who": boto3.client("sts").get_caller_identity()["Arn"], "link": link}
"""
    opened.client("s3").create_bucket(Bucket="linked")
    function = Function(opened, Code={"ZipFile": package(source=source)}, Timeout=30)
    answer = function.invoke({"bucket": "linked"})["body"]
    assert answer["who"].startswith("arn:aws:sts::000000000000:assumed-role/role-")
    assert answer["who"].endswith(f"/{function.name}")
    assert answer["key"]["AccessKeyId"].startswith("ASIA")
    assert client(opened, "sts", answer["key"]).get_caller_identity()["Arn"] == answer["who"]
    link = urlsplit(answer["link"])
    assert Line(opened.port).ask("GET", f"{link.path}?{link.query}", {})[0] == 200
    with pytest.raises(ClientError) as refused:
        client(opened, "sts", {**answer["key"], "SessionToken": "another"}).get_caller_identity()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    function.client.delete_function(FunctionName=function.name)
    with pytest.raises(ClientError):
        client(opened, "sts", answer["key"]).get_caller_identity()


def test_a_users_key_and_a_roles_session_are_taken_while_they_are_good(opened: SandboxProcess):
    iam = opened.client("iam")
    iam.create_user(UserName="ada")
    key = iam.create_access_key(UserName="ada")["AccessKey"]
    assert client(opened, "sts", key).get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:user/ada"
    iam.update_access_key(UserName="ada", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    with pytest.raises(ClientError):
        client(opened, "sts", key).get_caller_identity()
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName="assumed", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    session = opened.client("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    assert client(opened, "sts", session).get_caller_identity()["Arn"].endswith(":assumed-role/assumed/me")
    with pytest.raises(ClientError):
        client(opened, "sts", {**session, "SecretAccessKey": "guess"}).get_caller_identity()


def test_what_botocore_sends_in_pieces_is_taken(opened: SandboxProcess):
    """Bodies of unknown length, checksums behind the body, and bodies that are not signed."""
    s3 = opened.client("s3")
    s3.create_bucket(Bucket="pieces")
    for number, body in enumerate((b"x" * 100_000, b"")):
        for algorithm in ("CRC32", "SHA256"):
            s3.put_object(Bucket="pieces", Key=f"{number} {algorithm} ä+&", Body=body, ChecksumAlgorithm=algorithm)
            assert s3.get_object(Bucket="pieces", Key=f"{number} {algorithm} ä+&")["Body"].read() == body
    signing = boto3.client(
        "s3",
        endpoint_url=opened.endpoint,
        region_name="us-east-1",
        aws_access_key_id=opened.key.access_key_id,
        aws_secret_access_key=opened.key.secret_access_key,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    url = urlsplit(signing.generate_presigned_url("put_object", {"Bucket": "pieces", "Key": "by link"}))
    line = Line(opened.port)
    assert line.ask("PUT", f"{url.path}?{url.query}", {}, b"sent")[0] == 200
    assert s3.get_object(Bucket="pieces", Key="by link")["Body"].read() == b"sent"
    assert line.ask("PUT", f"{url.path}x?{url.query}", {}, b"sent")[0] == 403


def test_a_link_of_version_2_is_refused_with_an_explanation(opened: SandboxProcess):
    """What boto3 makes by default; the answer is the XML that S3's clients read."""
    made = urlsplit(opened.client("s3").generate_presigned_url("get_object", {"Bucket": "b", "Key": "k"}))
    assert "AWSAccessKeyId=" in made.query
    status, _, body = Line(opened.port).ask("GET", f"{made.path}?{made.query}", {})
    assert status == 403
    assert b'Config(signature_version="s3v4")' in body
    assert body.startswith(b"<Error><Code>InvalidRequest</Code>")


def test_the_log_holds_no_secret(opened: SandboxProcess):
    written = "".join(path.read_text(errors="replace") for path in (opened.output, Home(opened.home).log))
    assert opened.key.secret_access_key not in written
    assert not re.search("Signature=", written)
