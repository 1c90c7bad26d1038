"""Metric math: arithmetic over what is there, None where it is not."""

import pytest

from hybridctl.sandbox.cloud.metric_math import ExpressionInvalid, evaluate, identifiers


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("100*errors/invocations", 25.0),
        ("(errors + 2) ^ 2", 9.0),
        ("FILL(missing, 0) + errors", 1.0),
        ("errors / zero", None),
        ("missing + 1", None),
        ("IF(invocations > 3, errors, 0)", 1.0),
        ("IF(invocations > 3 AND errors > 5, 1, 0)", 0.0),
        ("SUM([errors, invocations, missing])", 5.0),
        ("MAX(errors, invocations) - -1", 5.0),
    ],
)
def test_expressions(expression, expected):
    values = {"errors": 1.0, "invocations": 4.0, "zero": 0.0, "missing": None}
    assert evaluate(expression, values) == expected


def test_an_expression_names_what_it_reads():
    assert identifiers("IF(m1 > 3, FILL(m2, 0), 1)") == {"m1", "m2"}


@pytest.mark.parametrize("expression", ["1 +", "SEARCH('x', 'Sum')", "__import__('os')", "m1.real"])
def test_other_expressions_are_refused(expression):
    with pytest.raises(ExpressionInvalid):
        evaluate(expression, {"m1": 1.0})
