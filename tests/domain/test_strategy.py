"""The notation of a strategy and the phases it stands for."""

import pytest

from hybridctl.domain.strategy import PATTERN, Phase, Shift, parse_strategy
from hybridctl.errors import UsageInvalid


@pytest.mark.parametrize(
    ("notation", "shift", "phases"),
    [
        ("all-at-once", Shift.ALL_AT_ONCE, ()),
        ("blue-green", Shift.BLUE_GREEN, ()),
        ("canary:10@5m", Shift.CANARY, (Phase(0.1, 300),)),
        ("canary", Shift.CANARY, (Phase(0.1, 300),)),
        ("canary:2.5@90s", Shift.CANARY, (Phase(0.025, 90),)),
        ("linear:25@1h", Shift.LINEAR, (Phase(0.25, 3600), Phase(0.5, 3600), Phase(0.75, 3600))),
        ("linear:30@1m", Shift.LINEAR, (Phase(0.3, 60), Phase(0.6, 60), Phase(0.9, 60))),
        ("linear:60@1m", Shift.LINEAR, (Phase(0.6, 60),)),
    ],
)
def test_a_notation_stands_for_phases(notation, shift, phases):
    found = parse_strategy(notation)
    assert (found.shift, found.phases) == (shift, phases)


def test_a_bare_linear_goes_up_by_tenths_each_minute():
    assert [phase.share for phase in parse_strategy("linear").phases] == pytest.approx([n / 10 for n in range(1, 10)])


def test_a_strategy_is_written_as_it_is_read():
    assert str(parse_strategy("canary")) == "canary:10@5m"
    assert parse_strategy(str(parse_strategy("linear:20@30s"))) == parse_strategy("linear:20@30s")


@pytest.mark.parametrize(
    "notation", ["", "canari", "canary:0@5m", "canary:100@5m", "canary:10@0m", "canary:10@5", "10@5m"]
)
def test_an_invalid_strategy_is_refused_with_the_valid_forms(notation):
    with pytest.raises(UsageInvalid) as refusal:
        parse_strategy(notation)
    assert "canary:10@5m" in str(refusal.value.hint)


def test_the_pattern_of_the_configuration_accepts_every_notation():
    import re

    for notation in ("all-at-once", "blue-green", "canary", "canary:10@5m", "linear:2.5@90s"):
        assert re.fullmatch(PATTERN, notation)
