"""The models that decide a response's content type are those that the emulator would have read itself."""

import botocore.session
import pytest

from hybridctl.sandbox.cloud import emulator, wire_models

NAMES = ("lambda", "s3", "dynamodb", "iam", "logs", "monitoring", "apigateway", "sns", "sqs", "sts", "events", "ssm")


@pytest.mark.parametrize("service", NAMES)
def test_each_model_is_the_one_that_a_session_of_botocore_finds(service: str) -> None:
    names = emulator.Parts("core.responses", "_BOTOCORE_NAME")["_BOTOCORE_NAME"]
    theirs = botocore.session.Session().get_service_model(names.get(service, service))
    ours = wire_models.find_model(service)
    assert ours is not None
    assert ours.metadata == theirs.metadata


def test_a_service_that_botocore_lacks_has_no_model() -> None:
    assert wire_models.find_model("unknown_query") is None
