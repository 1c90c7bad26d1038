"""One percentile for all: nearest rank, against its definition and against tables made elsewhere."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybridctl.domain.samples import Sample
from hybridctl.domain.troubles.cold_starts import Starts
from hybridctl.percentiles import percentile
from hybridctl.sandbox.cloud.insights import commands

VALUES = st.lists(st.integers(0, 500) | st.floats(0, 1e6), min_size=1, max_size=60)
RANKS = st.integers(0, 100) | st.sampled_from([99.9, 99.99, 0.1, 12.5])


def by_definition(values, rank):
    """The smallest value that at least `rank` percent of all values do not exceed, found by trying each."""
    least = Fraction(str(rank)) / 100 * len(values)
    return min(one for one in values if sum(other <= one for other in values) >= max(least, 1))


@given(VALUES, RANKS)
def test_it_is_the_nearest_rank(values, rank):
    assert percentile(values, rank) == by_definition(values, rank)


@pytest.mark.parametrize(
    ("values", "rank", "expected"),
    [
        ([15, 20, 35, 40, 50], 5, 15),  # the worked examples of en.wikipedia.org/wiki/Percentile, nearest rank
        ([15, 20, 35, 40, 50], 30, 20),
        ([15, 20, 35, 40, 50], 40, 20),
        ([15, 20, 35, 40, 50], 50, 35),
        ([15, 20, 35, 40, 50], 100, 50),
        ([3, 6, 7, 8, 8, 10, 13, 15, 16, 20], 25, 7),
        ([3, 6, 7, 8, 8, 10, 13, 15, 16, 20], 75, 15),
        ([100, 2000], 50, 100),
        (range(1, 21), 95, 19),
        (range(1, 101), 7, 7),  # 7 / 100 * 100 is more than 7 in floats
        ([], 50, None),
    ],
)
def test_it_is_what_the_textbook_says(values, rank, expected):
    assert percentile(values, rank) == expected


@given(VALUES, st.integers(0, 100))
def test_everybody_uses_it(values, rank):
    """A canary's sample, the diagnosis of cold starts and the sandbox's Logs Insights agree."""
    expected = percentile(values, rank)
    assert Sample(1, warm_ms=tuple(sorted(values))).percentile(rank) == expected
    assert Starts(len(values), tuple(values), 1.0).init(rank) == expected
    answer = commands.read(f"stats pct(ms, {rank}) as p").answer([{"ms": float(one)} for one in values])
    assert float(answer[0][0]["value"]) == pytest.approx(expected, abs=1e-4)
