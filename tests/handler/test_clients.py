"""The clients that are opened faster are botocore's own."""

import botocore.session
import pytest
from botocore.config import Config

from backend.clients import open_client


@pytest.mark.parametrize("service", ["dynamodb", "ssm"])
@pytest.mark.parametrize("region", ["us-east-1", "eu-central-2", "cn-north-1", "us-gov-west-1", "xx-nowhere-9"])
def test_a_client_is_the_one_that_botocore_makes(monkeypatch, service, region):
    for name in ("AWS_ENDPOINT_URL", f"AWS_ENDPOINT_URL_{service.upper()}"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    ours = open_client(service, Config())
    theirs = botocore.session.get_session().create_client(service)
    assert ours.meta.endpoint_url == theirs.meta.endpoint_url
    assert ours.meta.region_name == theirs.meta.region_name
    assert ours.meta.service_model.api_version == theirs.meta.service_model.api_version
    assert ours.meta.service_model.operation_names == theirs.meta.service_model.operation_names
    assert ours.meta.method_to_api_mapping == theirs.meta.method_to_api_mapping


def test_an_address_of_ones_own_is_heeded(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert open_client("dynamodb", Config()).meta.endpoint_url == "http://127.0.0.1:9"
