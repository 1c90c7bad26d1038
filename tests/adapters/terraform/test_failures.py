"""A gap of the sandbox's own provider is reported as one, with the way to the real one."""

import pytest

from hybridctl.adapters.process import Ran
from hybridctl.adapters.terraform.events import Diagnostic, Heard
from hybridctl.adapters.terraform.failures import failure

LACKS = [
    Diagnostic(
        "error", "Invalid resource type", 'The provider hashicorp/aws does not support resource type "aws_sqs_queue".'
    ),
    Diagnostic("error", "Invalid data source", 'The provider hashicorp/aws does not support data source "aws_vpc".'),
    Diagnostic("error", "the sandbox does not implement stream_enabled of aws_dynamodb_table"),
]


@pytest.mark.parametrize("expected", LACKS, ids=lambda one: one.summary)
@pytest.mark.parametrize(("doing", "command"), [("init", "deploy"), ("plan", "plan"), ("apply", "deploy")])
def test_what_the_sandbox_lacks_leads_to_the_real_provider(expected, doing, command):
    error = failure(doing, "local", Ran(1, "", ""), Heard([expected]), sandboxed=True)
    assert "this is the sandbox's own provider" in str(error)
    assert error.hint.endswith(f"hybridctl {command} local --provider hashicorp")


def test_the_real_provider_is_not_blamed_on_the_sandbox():
    assert "sandbox" not in str(failure("plan", "staging", Ran(1, "", ""), Heard([LACKS[0]])))


def test_another_error_of_the_sandbox_is_reported_as_it_is():
    error = failure(
        "plan", "local", Ran(1, "", ""), Heard([Diagnostic("error", "Unsupported argument")]), sandboxed=True
    )
    assert "--provider" not in error.hint
