"""CBOR: the examples of RFC 8949, appendix A, and what botocore reads."""

import io
from datetime import UTC, datetime

import pytest
from botocore.parsers import BaseCBORParser
from hypothesis import given
from hypothesis import strategies as st

from hybridctl.sandbox.cloud.cbor import encode


def is_there(value):
    """botocore drops a member that is null."""
    return value is not None


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=300)
    | st.binary(max_size=70_000),
    lambda inner: (
        st.lists(inner, max_size=30) | st.dictionaries(st.text(max_size=9), inner.filter(is_there), max_size=30)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "00"),
        (23, "17"),
        (24, "1818"),
        (1000, "1903e8"),
        (1_000_000, "1a000f4240"),
        (1_000_000_000_000, "1b000000e8d4a51000"),
        (-1, "20"),
        (-1000, "3903e7"),
        (1.1, "fb3ff199999999999a"),
        (False, "f4"),
        (None, "f6"),
        (b"\x01\x02\x03\x04", "4401020304"),
        ("ü", "62c3bc"),
        ([1, [2, 3], [4, 5]], "8301820203820405"),
        ({"a": 1, "b": [2, 3]}, "a26161016162820203"),
        (datetime.fromtimestamp(1363896240.5, UTC), "c1fb41d452d9ec200000"),
    ],
)
def test_it_is_as_the_rfc_writes_it(value, written):
    assert encode(value).hex() == written


@given(VALUES)
def test_botocore_reads_what_was_written(value):
    assert BaseCBORParser().parse_data_item(io.BufferedReader(io.BytesIO(encode(value)))) == value


def test_what_has_no_place_in_an_answer_is_refused():
    with pytest.raises(TypeError, match="set has no CBOR"):
        encode({1})
