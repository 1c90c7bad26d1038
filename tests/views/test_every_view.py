"""Every view, with hostile text in every field: nothing is obeyed or taken for markup, and what is visible stays."""

import importlib
import io
import json
import pkgutil
import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import cache
from pathlib import Path

import pytest

import hybridctl.views
from fakes import FakeClock
from fakes.printers import printer_of
from hybridctl.domain.visible_text import make_visible
from hybridctl.views.console import open_console
from hybridctl.views.registry import view_of
from hybridctl.views.render import as_json, render
from hybridctl.views.screen import Output, Screen
from hybridctl.views.stream import Stream

HOSTILE = "a[/]b[red]c:smile:\x1b[2J\x07\r\x9b31m\u202e\u200b\ufeff\U000e0041\udc80é✓"
SHOWN = make_visible(HOSTILE)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NUMBERS = {int: 2, float: 2.5, bool: True, bytes: b"x", datetime: NOON, timedelta: timedelta(1), Path: Path(HOSTILE)}
# Its text is names out of our own catalogue; tests/commands/test_metrics.py prints it.
OWN_NAMES = {"MetricsReport"}


@cache
def import_all():
    for module in pkgutil.iter_modules(hybridctl.views.__path__):
        importlib.import_module(f"hybridctl.views.{module.name}")


def kinds():
    import_all()
    found = {kind for kind in render.registry if is_dataclass(kind) and kind.__name__ not in OWN_NAMES}
    return sorted(found, key=lambda kind: kind.__qualname__)


@cache
def list_known_types():
    """Every class of hybridctl by name: a module may import one for type checkers alone."""
    ours = {name: one for name, one in sys.modules.items() if name.startswith("hybridctl.")}
    modules = [one for name, one in ours.items() if not name.startswith("hybridctl.sandbox.")]  # its own classes
    return {name: one for module in modules for name, one in vars(module).items() if isinstance(one, type)}


def make(kind, depth=0):
    """A value of any declared type, with hostile text wherever there is text."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind in NUMBERS:
        return NUMBERS[kind]
    if kind in (str, object, typing.Any):
        return HOSTILE
    if kind is date:
        return NOON.date()
    if origin in (typing.Union, types.UnionType):
        return make(next(one for one in inner if one is not type(None)), depth)
    if origin is tuple and not (len(inner) == 2 and inner[1] is ...):
        return tuple(make(one, depth + 1) for one in inner)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {make(inner[0], depth + 1): make(inner[1], depth + 1)}
    if origin is frozenset:
        return frozenset((make(inner[0], depth + 1),))
    if inner:
        return [make(inner[0], depth + 1)] if depth < 6 else []
    if isinstance(kind, type) and issubclass(kind, Enum):
        return list(kind)[-1]
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind, localns=list_known_types() | vars(sys.modules[kind.__module__]))
        return kind(**{one.name: make(hints[one.name], depth + 1) for one in fields(kind) if one.init})
    raise TypeError(kind)


def show(result, *, terminal, output, columns=5000):
    file = io.StringIO()
    stream = Stream(file)
    console = open_console(stream, {"COLUMNS": str(columns)})
    console._force_terminal = terminal
    screen = Screen(printer_of(console), printer_of(console), FakeClock(), output=output)
    screen.result(result)
    return file.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_a_view_prints_hostile_text_as_text(kind, terminal):
    text = show(make(kind), terminal=terminal, output=Output.TEXT)
    assert make_visible(text) == text
    if "smile" in text or "a[/" in text:
        assert SHOWN[:20] in text


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_a_result_with_hostile_text_is_json_without_it(kind):
    text = show(make(kind), terminal=False, output=Output.JSON)
    assert make_visible(text) == text
    json.loads(text, parse_constant=pytest.fail)


SIDE_BY_SIDE = {"Checked", "QueryAnswer", "ReleaseDifference"}  # tables whose cells have to share a line
SHORT = 'module.alarms.aws_cloudwatch_metric_alarm.table["throttles"]'
LONG = 'module.observability.aws_cloudwatch_metric_alarm.table["sessions-write-throttles"]'


@pytest.mark.parametrize("truth", [True, False])
@pytest.mark.parametrize("address", [SHORT, LONG], ids=["shorter than a line", "longer"])
@pytest.mark.parametrize(
    "kind", [kind for kind in kinds() if kind.__name__ not in SIDE_BY_SIDE], ids=lambda kind: kind.__name__
)
def test_no_view_breaks_a_word_at_80_columns(kind, address, truth, monkeypatch):
    """What can be copied from a wide terminal can be copied from a narrow one: the words are the same."""
    words = f"error creating {address} for hybrid-ci-cd-sessions-production and then some more words"
    monkeypatch.setattr(sys.modules[__name__], "HOSTILE", words)
    monkeypatch.setitem(NUMBERS, bool, truth)
    monkeypatch.setitem(NUMBERS, Path, Path("docs/some-plan.tfplan"))
    made = make(kind)
    wide, narrow = (
        set(show(made, terminal=True, output=Output.TEXT, columns=columns).split()) for columns in (5000, 80)
    )
    assert {word for word in narrow - wide if "…" not in word and word.strip("─")} == set()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")], ids=repr)
@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_no_result_puts_nan_or_infinity_into_json(monkeypatch, kind, number):
    monkeypatch.setitem(NUMBERS, float, number)
    json.loads(show(make(kind), terminal=False, output=Output.JSON), parse_constant=pytest.fail)


def test_the_view_of_each_result_is_found_without_importing_the_others():
    import_all()
    registered = {**as_json.registry, **render.registry}
    ours = {kind: view.__module__ for kind, view in registered.items() if kind.__module__.startswith("hybridctl.")}
    found = {kind.__qualname__: f"hybridctl.views.{view_of(kind.__module__, kind.__qualname__)}" for kind in ours}
    assert found == {kind.__qualname__: module for kind, module in ours.items()}
