"""Signatures as botocore makes them are taken, and none that was changed; those made here are what botocore makes."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from botocore.auth import (
    HmacV1Auth,
    HmacV1QueryAuth,
    S3SigV4Auth,
    S3SigV4QueryAuth,
    SigV4Auth,
    SigV4QueryAuth,
)
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from hybridctl.sandbox.key import Key
from hybridctl.sandbox.sigv4 import (
    Request,
    SignatureRefused,
    check_signature,
    parse_signature,
    presign_url,
    sign_headers,
)

SECRET = "very/secret+key="
SIGNER = Credentials("SANDBOXABC", SECRET)
OF_A_ROLE = Credentials("ASIAABC", SECRET, "token/with+signs==")
HOST = "127.0.0.1:4566"

CALLS = {
    "json": ("POST", "/", b'{"TableName": "t"}', {"X-Amz-Target": "DynamoDB_20120810.GetItem"}),
    "query": ("POST", "/", b"Action=ListTopics", {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}),
    "rest": ("GET", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Ax/policy?Qualifier=live", b"", {}),
    "spaces": ("GET", "/a%20b//c/./d/../e/?x=1%202&a=%2B&empty=&b=%E2%82%AC&X=y", b"", {"X-Amz-Meta-Wide": "a   b "}),
    "root": ("DELETE", "/", b"", {}),
}


def send(method, path, body, headers, signer):
    """The request that leaves botocore after signing."""
    request = AWSRequest(method, f"http://{HOST}{path}", headers, body)
    signer.add_auth(request)
    split = urlsplit(request.url)
    left = {name.lower(): str(value) for name, value in request.headers.items()} | {"host": HOST}
    return Request(method, split.path, split.query, left)


def verify(request, body=b"", secret=SECRET, now=None):
    signature = parse_signature(request)
    check_signature(request, signature, secret, body, now or datetime.now(UTC))
    return signature


@pytest.fixture(params=CALLS)
def call(request):
    return CALLS[request.param]


@pytest.fixture(params=[SIGNER, OF_A_ROLE], ids=["key", "session"])
def credentials(request):
    return request.param


@pytest.fixture(params=[SigV4Auth, S3SigV4Auth], ids=["sigv4", "s3"])
def signer(request, credentials):
    service = "s3" if request.param is S3SigV4Auth else "dynamodb"
    return request.param(credentials, service, "us-east-1")


def test_a_signed_call_is_taken(call, signer, credentials):
    method, path, body, headers = call
    signature = verify(send(method, path, body, headers, signer), body)
    assert (signature.access_key_id, signature.token) == (credentials.access_key, credentials.token or "")


def test_a_call_that_was_changed_is_refused(call, signer):
    method, path, body, headers = call
    request = send(method, path, body, headers, signer)
    changed = [
        Request("PATCH", request.path, request.query, request.headers),
        Request(method, request.path + "x", request.query, request.headers),
        Request(method, request.path, request.query + "&more=1", request.headers),
        Request(method, request.path, request.query, {**request.headers, "host": "127.0.0.1:1"}),
        Request(method, request.path, request.query, {**request.headers, "x-amz-date": "20200101T000000Z"}),
    ]
    for one in changed:
        with pytest.raises(SignatureRefused):
            verify(one, body)
    with pytest.raises(SignatureRefused):
        verify(request, body + b" ")
    with pytest.raises(SignatureRefused):
        verify(request, body, secret=SECRET + "x")


@pytest.mark.parametrize("auth", [SigV4QueryAuth, S3SigV4QueryAuth])
def test_a_presigned_url_is_taken_until_it_expires(auth, credentials):
    service = "s3" if auth is S3SigV4QueryAuth else "lambda"
    request = send("GET", "/a%20key?versionId=1", None, {}, auth(credentials, service, "us-east-1", expires=60))
    assert verify(request).token == (credentials.token or "")
    now = datetime.now(UTC)
    with pytest.raises(SignatureRefused, match="expired"):
        verify(request, now=now + timedelta(seconds=70))
    with pytest.raises(SignatureRefused, match="expired"):
        verify(request, now=now - timedelta(minutes=20))
    with pytest.raises(SignatureRefused, match="does not match"):
        verify(Request("GET", "/another", request.query, request.headers))
    with pytest.raises(SignatureRefused, match="does not match"):
        verify(Request("GET", request.path, request.query.replace("Expires=60", "Expires=600"), request.headers))


def test_what_was_signed_long_ago_is_refused():
    request = send("GET", "/", b"", {}, SigV4Auth(SIGNER, "sts", "us-east-1"))
    for minutes in (-16, 16):
        with pytest.raises(SignatureRefused, match="15 minutes"):
            verify(request, now=datetime.now(UTC) + timedelta(minutes=minutes))


@pytest.mark.parametrize("marker", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"])
def test_a_body_that_is_not_signed_is_not_asked_for(marker):
    class Auth(S3SigV4Auth):
        def payload(self, request):
            return marker

    request = send("PUT", "/b/k", b"", {}, Auth(SIGNER, "s3", "us-east-1"))
    assert not verify(request, b"anything").needs_body


@pytest.mark.parametrize("auth", [HmacV1Auth, HmacV1QueryAuth])
def test_version_2_is_refused_with_the_way_to_version_4(auth, credentials):
    request = send("GET", "/bucket/key", b"", {}, auth(credentials))
    with pytest.raises(SignatureRefused, match=r"use AWS4-HMAC-SHA256: .*s3v4") as no:
        verify(request)
    assert no.value.code == "InvalidRequest"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer x"},
        {"authorization": "AWS SANDBOXABC:c2ln"},
        {"authorization": "AWS4-HMAC-SHA256"},
        {"authorization": "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=00"},
        {"authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/r/s/aws4_request, SignedHeaders=, Signature=00"},
        {"authorization": "AWS4-ECDSA-P256-SHA256 Credential=a/20260101/s/aws4_request"},
    ],
)
def test_half_a_signature_is_refused(headers):
    with pytest.raises(SignatureRefused):
        verify(Request("GET", "/", "", {"host": HOST, "x-amz-date": "20260101T000000Z", **headers}))
    with pytest.raises(SignatureRefused):
        verify(Request("GET", "/", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=x", {"host": HOST, **headers}))


def test_what_is_signed_here_is_what_botocore_would_sign():
    key = Key("SANDBOXABC", SECRET)
    ours = sign_headers(key, "GET", HOST, "/_ministack/health")
    request = Request("GET", "/_ministack/health", "", {name.lower(): value for name, value in ours.items()})
    assert verify(request).access_key_id == "SANDBOXABC"

    class At(SigV4Auth):
        def add_auth(self, request):
            request.context["timestamp"] = ours["X-Amz-Date"]
            request.headers["X-Amz-Date"] = ours["X-Amz-Date"]
            text = self.string_to_sign(request, self.canonical_request(request))
            self.made = self.signature(text, request)

    theirs = At(SIGNER, "sandbox", "local")
    theirs.add_auth(AWSRequest("GET", f"http://{HOST}/_ministack/health", {}, b""))
    assert ours["Authorization"].endswith(f"Signature={theirs.made}")


def test_a_link_made_here_holds_as_long_as_it_says():
    url = urlsplit(presign_url(Key("SANDBOXABC", SECRET), HOST, "/code/a:1", timedelta(minutes=10)))
    request = Request("GET", url.path, url.query, {"host": url.netloc})
    assert verify(request).expires == timedelta(minutes=10)
    with pytest.raises(SignatureRefused, match="expired"):
        verify(request, now=datetime.now(UTC) + timedelta(minutes=11))


def test_a_key_does_not_show_its_secret():
    assert SECRET not in repr(Key("SANDBOXABC", SECRET))
