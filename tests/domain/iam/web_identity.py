"""AssumeRoleWithWebIdentity on a sandbox, with a token as GitHub makes it."""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from hybridctl.sandbox.home import ACCOUNT

DENIED = "Not authorized to perform sts:AssumeRoleWithWebIdentity"


def token(**claims: str) -> str:
    """A token with these claims beside GitHub's own; nobody checks its signature here."""
    body = {"iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com", **claims}
    parts = (urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "none"}, body))
    return ".".join((*parts, "signature"))


def take_role(exports: Mapping[str, str], name: str, claims: Mapping[str, str]) -> str:
    """`ID:SECRET:TOKEN` of the session, or what STS answers; the sandbox's owner signs, so that its door opens."""
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "RoleSessionName": "ci",
        "WebIdentityToken": token(**claims),
    }
    content = str(httpx.QueryParams(form))
    kind = {"content-type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", f"{exports['AWS_ENDPOINT_URL']}/", kind, content)
    owner = Credentials(exports["AWS_ACCESS_KEY_ID"], exports["AWS_SECRET_ACCESS_KEY"])
    SigV4Auth(owner, "sts", "us-east-1").add_auth(request)
    answer = httpx.post(request.url, content=content, headers=dict(request.headers.items()), trust_env=False)
    found = re.findall(r"<(?:AccessKeyId|SecretAccessKey|SessionToken)>([^<]+)<", answer.text)
    return answer.text if DENIED in answer.text or len(found) != 3 else ":".join(found)
