"""What stands in for the network below the handler's client: moto's services in this process, and set answers."""

import json

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto.core.models import botocore_stubber

from backend.aws.connections import Answer

REGION = "us-east-1"
AWS_ENVIRON = {"AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "hush"}


class MotoTransport:
    """Hands each request, as it would go out, to moto."""

    def __init__(self, service):
        self.host = f"{service}.{REGION}.amazonaws.com"

    def post(self, body, headers, *, seconds):
        sent = HTTPHeaders()
        for name, value in headers.items():
            sent[name] = value
        request = AWSPreparedRequest("POST", f"https://{self.host}/", sent, body, stream_output=False)
        status, answered, content = botocore_stubber.process_request(request)
        content = content.encode() if isinstance(content, str) else content
        return Answer(status, {name.lower(): str(value) for name, value in answered.items()}, content)


class SetTransport:
    """Gives one answer after the other; an exception among them is raised. What was asked is kept."""

    host = "dynamodb.us-east-1.amazonaws.com"

    def __init__(self, *answers):
        self._answers = list(answers)
        self.asked = []

    def post(self, body, headers, *, seconds):
        self.asked.append((json.loads(body), dict(headers), seconds))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def left(self):
        return len(self._answers)


def answer(members=None, status=200, **headers):
    return Answer(status, headers, json.dumps(members or {}).encode())


def refusal(code, status=400, message="no"):
    return answer({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}, status)
