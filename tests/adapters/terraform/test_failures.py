"""What an engine said when it failed, and the next step."""

from pathlib import Path

import pytest

from hybridctl.adapters.process import Ran
from hybridctl.adapters.terraform.events import Diagnostic, Heard
from hybridctl.adapters.terraform.failures import failure
from hybridctl.errors import PlanStale

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


@pytest.mark.parametrize(
    "words",
    [
        "Reattachment process not found",
        'operation error STS: GetCallerIdentity, Post "http://127.0.0.1:34717/": dial tcp 127.0.0.1:34717: connect: '
        "connection refused",
        "Plugin did not respond: The plugin encountered an error, and failed to respond to the plugin6 call.",
    ],
)
def test_a_sandbox_that_has_ended_is_named(words):
    told = Heard([Diagnostic("error", words)])
    error = failure("plan", "local", Ran(1, "", ""), told, sandboxed=True)
    assert "the sandbox has ended" in str(error)
    assert str(error.hint).startswith("hybridctl plan local starts it again")


def test_the_engines_advice_to_force_an_unlock_is_left_out():
    advice = (
        "Error message: connection refused\n\nTerraform acquires a lock when accessing your state to prevent others "
        'running Terraform.\n\nIn this scenario, please call the "force-unlock" command.'
    )
    told = Heard([Diagnostic("error", "x failed"), Diagnostic("error", "Error releasing the state lock", advice)])
    error = failure("plan", "staging", Ran(1, "", ""), told)
    assert str(error).endswith("x failed; Error releasing the state lock: Error message: connection refused")


def test_the_real_provider_is_not_blamed_on_the_sandbox():
    assert "sandbox" not in str(failure("plan", "staging", Ran(1, "", ""), Heard([LACKS[0]])))


def test_another_error_of_the_sandbox_is_reported_as_it_is():
    error = failure(
        "plan", "local", Ran(1, "", ""), Heard([Diagnostic("error", "Unsupported argument")]), sandboxed=True
    )
    assert "--provider" not in error.hint


def hint_for(doing: str, summary: str, detail: str = "") -> str:
    told = Heard([Diagnostic("error", summary, detail)])
    return str(failure(doing, "staging", Ran(1, "", ""), told).hint)


@pytest.mark.parametrize(
    ("doing", "words", "step"),
    [
        ("apply", "api error ExpiredToken: The security token included in the request is expired", "aws sso login"),
        ("plan", "api error ExpiredTokenException: expired", "then hybridctl plan staging"),
        ("apply", "api error AccessDenied: x with an explicit deny in a service control policy", "organization's"),
        ("apply", "ConflictException: Unable to complete operation due to concurrent modification.", "wait a minute"),
        ("apply", "ResourceInUseException: Attempt to change a resource which is still in use", "wait a minute"),
        ("apply", "ThrottlingException: Rate exceeded", "wait a minute and run it again; then hybridctl deploy"),
        ("apply", "CodeStorageExceededException: Code storage limit exceeded.", "hybridctl releases prune staging"),
        (
            "apply",
            "InvalidParameterValueException: Specified ConcurrentExecutions for function decreases account's "
            "UnreservedConcurrentExecution below its minimum value of [10].",
            "hybridctl doctor staging shows the quota",
        ),
        ("apply", "unexpected state 'Failed'. last error: DisabledKMSKey: the key is disabled", "the key's state"),
        ("apply", "unexpected state 'Failed'. last error: SubnetOutOfIPAddresses: none left", "subnets"),
        ("init", "api error PermanentRedirect: use the specified endpoint", "`region` in hybridctl.toml"),
        ("init", "Invalid region value: Invalid AWS Region: us-esat-1", "`region` in hybridctl.toml"),
        ("apply", "ResourceInUseException: Table already exists: sessions", "imports what belongs"),
        ("plan", "Plugin did not respond: The plugin encountered an error", "free -h; then hybridctl plan staging"),
        ("plan", "Resource instance managed by newer provider version: The current state of x", "git pull"),
        ("apply", "something else", "no traffic was moved; fix the cause"),
        ("destroy", "api error ExpiredToken: expired", "then hybridctl destroy staging"),
    ],
)
def test_a_cause_that_aws_names_leads_to_its_own_step(doing, words, step):
    assert step in hint_for(doing, "updating something", words)


# abcxyz/guardian#345; hashicorp/terraform, internal/command/init.go and internal/providercache/installer.go
@pytest.mark.parametrize(
    ("doing", "summary", "detail"),
    [
        ("init", "Provider dependency changes detected", "the lock file is read-only"),
        (
            "init",
            "Failed to query available provider packages",
            "locked provider registry.terraform.io/hashicorp/aws 5.100.0 does not match configured version constraint",
        ),
        ("init", "Failed to install provider", "the package doesn't match any of the checksums previously recorded"),
        ("plan", "Inconsistent dependency lock file", "provider x: required by this configuration but no version"),
    ],
)
def test_a_lock_file_that_does_not_fit_the_hcl_leads_to_the_lock_file(doing, summary, detail):
    assert "commit .terraform.lock.hcl" in hint_for(doing, summary, detail)


def test_a_lock_file_that_changed_since_the_plan_makes_the_plan_stale():
    told = Heard([Diagnostic("error", "Inconsistent dependency lock file", "x")])
    assert isinstance(failure("apply", "staging", Ran(1, "", ""), told), PlanStale)


def test_an_engine_that_required_version_excludes_is_to_be_replaced():
    assert "required_version" in hint_for("init", "Unsupported Terraform Core version", "This configuration does not")


def test_a_state_that_expired_credentials_kept_from_the_bucket_is_pushed_with_new_ones():
    """hashicorp/terraform#33264"""
    told = Heard([Diagnostic("error", "Failed to save state", "failed to upload state: ExpiredToken: expired")])
    error = failure("apply", "staging", Ran(1, "", ""), told, errored=Path("errored.tfstate"))
    assert "because the credentials have expired" in str(error)
    assert error.hint == "aws sso login, or renew the credentials; then hybridctl state push staging uploads it"
