"""Signatures are those that AWS publishes and those that botocore makes."""

import re

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from backend.aws.signature import Credentials, sign

# Of AWS's signing test suite, the requests that are a POST to "/" without a query:
# https://github.com/awslabs/aws-c-auth/tree/main/tests/aws-signing-test-suite/v4, header-signed-request.txt of each.
KEY = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwt"
    "hAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVX"
    "AkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
)
FORM = {
    "content-length": "13",
    "x-amz-content-sha256": "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e",
}
PUBLISHED = {
    "post-vanilla": ({}, b"", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    "post-header-key-sort": (
        {"my-header1": "value1"},
        b"",
        "",
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    ),
    "post-header-value-case": (
        {"my-header1": "VALUE1"},
        b"",
        "",
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
    ),
    "post-sts-header-before": ({}, b"", TOKEN, "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"),
    "post-x-www-form-urlencoded": (
        {"content-type": "application/x-www-form-urlencoded", **FORM},
        b"Param1=value1",
        "",
        "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
    ),
    "post-x-www-form-urlencoded-parameters": (
        {"content-type": "application/x-www-form-urlencoded; charset=utf-8", **FORM},
        b"Param1=value1",
        "",
        "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422",
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_request_of_aws_signing_test_suite_gets_the_signature_that_is_published(name):
    headers, body, token, signature = PUBLISHED[name]
    signed = sign(
        {"host": "example.amazonaws.com", **headers},
        body,
        Credentials(*KEY, token),
        service="service",
        region="us-east-1",
        moment="20150830T123600Z",
    )
    assert signed["authorization"].endswith(f"Signature={signature}")
    names = sorted({"host", "x-amz-date", *headers, *(["x-amz-security-token"] if token else [])})
    assert (
        f"Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders={';'.join(names)}, "
        in (signed["authorization"])
    )


WORD = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20)
VALUE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60).filter(str.strip)
HEADERS = st.dictionaries(WORD.map(lambda word: f"x-{word.lower()}"), VALUE, max_size=5)


@given(
    headers=HEADERS,
    body=st.binary(max_size=2000),
    key=st.tuples(WORD, VALUE),
    token=st.just("") | VALUE,
    service=st.sampled_from(["dynamodb", "ssm"]),
    region=st.sampled_from(["us-east-1", "cn-north-1", "us-gov-west-1", "eu-isoe-west-1"]),
    host=st.sampled_from(["dynamodb.us-east-1.amazonaws.com", "127.0.0.1:4566"]),
)
def test_the_signature_is_the_one_that_botocore_makes(headers, body, key, token, service, region, host):
    scheme = "https" if host.endswith(".com") else "http"
    request = AWSRequest("POST", f"{scheme}://{host}/", headers, body)
    SigV4Auth(BotocoreCredentials(*key, token or None), service, region).add_auth(request)
    moment = request.headers["X-Amz-Date"]
    signed = sign(
        {"host": host, **headers}, body, Credentials(*key, token), service=service, region=region, moment=moment
    )
    assert signed["authorization"] == request.headers["Authorization"]
    assert re.fullmatch(r"\d{8}T\d{6}Z", signed["x-amz-date"])


def test_credentials_do_not_show_their_secrets():
    assert repr(Credentials("AKIDEXAMPLE", "hush", "whisper")) == "Credentials(access_key='AKIDEXAMPLE')"
