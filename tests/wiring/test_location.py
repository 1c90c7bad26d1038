"""Where Terraform's state is, on AWS and on the sandbox."""

from hybridctl.domain.environment import Environment
from hybridctl.wiring.location import Location

STATE = {"bucket": "b", "region": "eu-west-1", "key": "k"}


def test_a_sandbox_that_was_killed_is_waited_for_briefly():
    """With its default of five retries, Terraform waits for half a minute before it saves the state in a file."""
    environment = Environment("local", sandbox=True, region="eu-west-1")
    backend = Location(environment, endpoint="http://127.0.0.1:1").state_backend("b", "k")
    assert backend == {**STATE, "use_path_style": "true", "max_retries": "3"}


def test_aws_is_asked_as_often_as_terraform_does():
    assert Location(Environment("staging", region="eu-west-1")).state_backend("b", "k") == STATE
