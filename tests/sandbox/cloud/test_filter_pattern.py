"""Filter patterns, by the examples of the CloudWatch Logs documentation."""

import pytest

from hybridctl.sandbox.cloud import filter_pattern

LINE = '{"level":"ERROR","status":502,"user":{"id":"u-1"},"tags":["a","b"],"cold":true,"gone":null}'


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        ("", "anything", True),
        ("ERROR", "[ERROR 400] BAD REQUEST", True),
        ("error", "[ERROR 400] BAD REQUEST", False),
        ("ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", True),
        ("ERROR ARGUMENTS", "[ERROR 401] UNAUTHORIZED", False),
        ("?ERROR ?ARGUMENTS", "[ERROR 401] UNAUTHORIZED", True),
        ('"INTERNAL SERVER ERROR"', "[ERROR 500] INTERNAL SERVER ERROR", True),
        ('"INTERNAL SERVER ERROR"', "[ERROR 500] SERVER INTERNAL ERROR", False),
        ("ERROR -EXITING", "[ERROR 401] EXITING", False),
        ("%4\\d\\d%", "[ERROR 419]", True),
        ("{ $.level = ERROR }", LINE, True),
        ('{ $.level = "INFO" }', LINE, False),
        ("{ $.level != INFO }", LINE, True),
        ("{ $.status >= 500 && $.cold IS TRUE }", LINE, True),
        ("{ ($.status < 500) || ($.user.id = u-*) }", LINE, True),
        ('{ $.tags[1] = "b" }', LINE, True),
        ("{ $.missing NOT EXISTS }", LINE, True),
        ("{ $.gone IS NULL }", LINE, True),
        ("{ $.user.id = %^u-[0-9]$% }", LINE, True),
        ("{ $.level = ERROR }", "not json", False),
    ],
)
def test_a_pattern_matches_what_the_documentation_says(pattern, message, expected):
    assert filter_pattern.compile(pattern)(message) is expected


@pytest.mark.parametrize("pattern", ["{ $.a = }", "{ $.a = 1", "[ip, user]", "{ ($.a = 1 }", "{ $.a ~ 1 }"])
def test_a_pattern_that_cannot_be_read_is_refused(pattern):
    with pytest.raises(ValueError, match="Invalid filter pattern"):
        filter_pattern.compile(pattern)
