"""The order of releases: ids sort as releases were made, whatever the clocks of their machines say."""

from datetime import UTC, datetime

import pytest

from hybridctl.domain.history import mark_of, next_id

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        ("", "20260301T120000-77"),
        ("20260228T235959-5", "20260301T120000-77"),
        ("20260301T120000-1001", "20260301T120000-77"),
        ("20260301T120000-900", "20260301T120001-77"),  # the same second: process ids are no order
        ("20260301T120000-77", "20260301T120001-77"),
        ("20260301T130000-5", "20260301T130001-77"),  # a clock that is ahead of ours
        ("20261231T235959-5", "20270101T000000-77"),
    ],
)
def test_an_id_sorts_after_the_newest(newest, expected):
    mark = f"{newest} live" if newest else mark_of([])
    assert next_id(NOON, "77", mark) == expected
    assert expected > newest
