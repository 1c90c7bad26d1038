"""Prices: tiers and free quantities."""

from datetime import date

import pytest

from hybridctl.domain.cost.prices import Price, without_free_tier


def price(*tiers, free=0.0):
    return Price("x", "x", "unit", tiers, date(2026, 1, 1), "nowhere", free=free)


def test_each_tier_counts_from_where_it_begins():
    api = price((0, 0.000001), (300e6, 0.0000009))
    assert api.of(300e6) == pytest.approx(300)
    assert api.of(400e6) == pytest.approx(390)
    assert api.of(0) == 0


def test_what_is_free_is_subtracted_only_when_asked_for():
    assert price((0, 0.10), free=10).of(12) == pytest.approx(1.2)
    assert price((0, 0.10), free=10).of(12, free_tier=True) == pytest.approx(0.2)
    assert price((0, 0.10), free=10).of(3, free_tier=True) == 0


def test_a_free_tier_of_awss_list_is_not_a_price():
    assert without_free_tier([(25, 0.25), (0, 0.0)]) == ((0, 0.25),)
    assert without_free_tier([(0, 0.5), (10_240, 0.25)]) == ((0, 0.5), (10_240, 0.25))
    assert without_free_tier([(0, 0.0)]) == ()
