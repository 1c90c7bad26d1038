"""What an answer becomes that is no answer of AWS."""

import pytest
from botocore.parsers import ResponseParserError

from hybridctl.adapters.aws.errors import explain_failures
from hybridctl.errors import AwsRefused


def test_an_answer_that_is_not_from_aws_is_reported_as_such():
    with (
        pytest.raises(AwsRefused, match=r"asking AWS: the response did not come from AWS"),
        explain_failures("asking AWS"),
    ):
        raise ResponseParserError("Unable to parse response (no element found: line 1, column 0)")
