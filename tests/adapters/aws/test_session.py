"""Clients of one environment: what they share, and what each impatient one reads again."""

import socket
from threading import Thread

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, UnknownServiceError
from botocore.loaders import create_loader

from hybridctl.adapters.aws.isolation import make_isolated_session
from hybridctl.adapters.aws.session import AwsSession
from hybridctl.domain.sandbox import AccessKey
from hybridctl.service_models import Models, PlainModels
from suite.shared_models import UnsharedModels, UnsharedPlainModels


class Counted(PlainModels):
    def __init__(self):
        self.read = []

    def load_file(self, file_path):
        found = super().load_file(file_path)
        if found is not None:
            self.read.append(file_path)
        return found


@pytest.mark.parametrize("service", ["logs", "s3"])
def test_models_are_what_botocore_reads_itself(service):
    plain = create_loader()
    plain.file_loader = UnsharedPlainModels()
    botocores = create_loader()
    botocores.file_loader = UnsharedModels()
    for kind in ("service-2", "endpoint-rule-set-1"):
        assert plain.load_service_model(service, kind) == botocores.load_service_model(service, kind)
    assert plain.load_data("endpoints") == botocores.load_data("endpoints")


def test_every_service_that_botocore_knows_is_known():
    botocores = create_loader()
    ours = Models(botocores.search_paths, PlainModels(), include_default_search_paths=False)
    for kind in ("service-2", "waiters-2"):
        assert set(botocores.list_available_services(kind)) <= set(ours.list_available_services(kind))
    assert ours.list_api_versions("lambda", "service-2") == botocores.list_api_versions("lambda", "service-2")
    with pytest.raises(UnknownServiceError):
        ours.load_service_model("nothing-of-aws", "service-2")


def test_no_model_is_read_twice_though_each_impatient_client_has_credentials_of_its_own(monkeypatch):
    counted = Counted()
    monkeypatch.setattr("hybridctl.service_models.PlainModels", lambda: counted)
    session = AwsSession("eu-west-1", endpoint="http://127.0.0.1:1", key=AccessKey("x", "x"))
    first, second = session.impatient_client("logs"), session.impatient_client("logs")
    shared = session.client("logs")
    assert len(counted.read) == len(set(counted.read)) > 3
    held = [one._request_signer._credentials for one in (first, second, shared)]
    assert len({id(one) for one in held}) == 3


@pytest.mark.parametrize("service", ["s3", "dynamodb", "lambda"])
def test_a_sandbox_that_has_ended_is_not_waited_for(service, monkeypatch):
    """Five attempts of botocore take up to 15 seconds for each call, and nobody starts the sandbox again meanwhile."""
    slept = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", slept.append)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    client = AwsSession("eu-west-1", endpoint=f"http://127.0.0.1:{port}", key=AccessKey("x", "x")).client(service)
    calls = {"s3": "list_buckets", "dynamodb": "list_tables", "lambda": "list_functions"}
    with pytest.raises(EndpointConnectionError):
        getattr(client, calls[service])()
    assert slept == []


def test_an_interrupted_connection_to_the_sandbox_is_made_again(monkeypatch):
    slept = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", slept.append)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up():
            for _ in range(5):
                listening.accept()[0].close()

        Thread(target=hang_up, daemon=True).start()
        endpoint = f"http://127.0.0.1:{listening.getsockname()[1]}"
        client = AwsSession("eu-west-1", endpoint=endpoint, key=AccessKey("x", "x")).client("s3")
        with pytest.raises(ConnectionClosedError):
            client.list_buckets()
    assert len(slept) == 4


def test_clients_of_a_given_key_share_one_session(monkeypatch):
    opened = []
    monkeypatch.setattr(
        "hybridctl.adapters.aws.isolation.make_isolated_session", lambda: opened.append(1) or make_isolated_session()
    )
    session = AwsSession("eu-west-1", endpoint="http://127.0.0.1:1", key=AccessKey("x", "x"))
    clients = {id(one) for one in (session.client("s3"), session.impatient_client("logs"), session.client("logs"))}
    assert len(clients) == 3
    assert len(opened) == 1


def test_credentials_that_were_renewed_are_found_by_the_next_impatient_client(monkeypatch):
    session = AwsSession("eu-west-1")
    seen = []
    for key in ("AKIAOLD", "AKIANEW"):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        seen.append(session.impatient_client("logs")._request_signer._credentials.access_key)
    assert seen == ["AKIAOLD", "AKIANEW"]
