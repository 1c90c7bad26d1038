"""Values against the standard library's dataclasses: the same class made both ways behaves the same."""

import copy
import dataclasses
import pickle
import sys
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, field
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybridctl import values

LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.tuples(st.integers())


def make(dataclass: Callable[..., Any]) -> dict[str, type]:
    """A class of each kind that hybridctl has, under the same names."""

    @dataclass(frozen=True, slots=True)
    class Plain:
        """Two fields, one with a default."""

        one: object
        other: object = ()

    @dataclass(frozen=True, slots=True)
    class Special:
        """Fields that are left out, made, or checked."""

        shown: object
        secret: object = field(default=None, repr=False)
        noted: object = field(default=None, compare=False)
        looked_up: object = field(default=None, hash=False)
        made: list[int] = field(default_factory=list, compare=False)
        kind: ClassVar[str] = "special"

        def __post_init__(self) -> None:
            if self.shown == "refused":
                raise ValueError("refused")

        def __str__(self) -> str:
            return f"<{self.shown}>"

    @dataclass(frozen=True, slots=True)
    class Child(Plain):
        """A class of a class."""

        third: int = 3

    @dataclass(frozen=True, slots=True)
    class Own:
        """Its own comparison and text."""

        name: str

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Own) and self.name.lower() == other.name.lower()

        def __hash__(self) -> int:
            return hash(self.name.lower())

        def __repr__(self) -> str:
            return self.name

    @dataclass(frozen=True, slots=True)
    class Empty:
        """No field at all."""

    @dataclass(frozen=True, slots=True)
    class Single:
        """One field."""

        only: object

    found = {one.__name__: one for one in (Plain, Special, Child, Own, Empty, Single)}
    for name, one in found.items():
        one.__qualname__ = name
    return found


OURS, THEIRS = make(values.dataclass), make(dataclasses.dataclass)


def both(name: str, *given: Any, **named: Any) -> tuple[Any, Any]:
    return OURS[name](*given, **named), THEIRS[name](*given, **named)


@given(LEAVES, LEAVES, LEAVES, LEAVES)
def test_they_compare_hash_and_read_alike(a, b, c, d):
    rows: list[tuple[str, tuple[Any, ...], tuple[Any, ...]]] = [
        ("Plain", (a, b), (c, d)),
        ("Plain", (a, b), (a, b)),
        ("Special", (a, b, c, d), (a, b, d, c)),
        ("Special", (a, b, c, d), (a, b, d, d)),
        ("Child", (a, b, 1), (a, b, 2)),
        ("Single", (a,), (b,)),
        ("Empty", (), ()),
    ]
    for name, first, second in rows:
        (ours, theirs), (our_other, their_other) = both(name, *first), both(name, *second)
        assert repr(ours) == repr(theirs)
        assert hash(ours) == hash(theirs)
        assert (ours == our_other) is (theirs == their_other)
        assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert OURS["Plain"](a, b) != OURS["Child"](a, b)
    assert OURS["Plain"](a, b) != (a, b)


@pytest.mark.parametrize("kinds", [OURS, THEIRS], ids=["ours", "theirs"])
class TestEach:
    def test_nothing_changes_it(self, kinds: Mapping[str, type]):
        value = kinds["Child"](1)
        for change in (
            lambda: setattr(value, "one", 2),
            lambda: setattr(value, "third", 2),
            lambda: delattr(value, "one"),
        ):
            with pytest.raises(FrozenInstanceError):
                change()
        with pytest.raises((AttributeError, TypeError)):
            value.more = 1
        assert value == kinds["Child"](1)

    def test_what_the_class_says_itself_stays(self, kinds: Mapping[str, type]):
        assert kinds["Own"]("A") == kinds["Own"]("a")
        assert len({kinds["Own"]("A"), kinds["Own"]("a")}) == 1
        assert repr(kinds["Own"]("A")) == "A"
        assert str(kinds["Special"]("x")) == "<x>"
        with pytest.raises(ValueError, match="refused"):
            kinds["Special"]("refused")

    def test_it_is_replaced_copied_and_matched(self, kinds: Mapping[str, type], monkeypatch):
        value = kinds["Plain"](1, [2])
        assert dataclasses.replace(value, one=3) == kinds["Plain"](3, [2])
        deep = copy.deepcopy(value)
        assert deep == value
        assert deep.other is not value.other
        monkeypatch.setattr(sys.modules[__name__], "Plain", kinds["Plain"], raising=False)
        assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301  (our own)
        assert kinds["Plain"].__match_args__ == ("one", "other")
        assert not hasattr(value, "__dict__")

    def test_a_value_in_itself_is_shown(self, kinds: Mapping[str, type]):
        inside: list[object] = []
        value = kinds["Single"](inside)
        inside.append(value)
        assert repr(value) == "Single(only=[...])"


def test_other_options_are_the_standard_librarys():
    @values.dataclass
    class Loose:
        name: str

    @values.dataclass(slots=True)
    class Slotted:
        name: str

    loose, slotted = Loose("a"), Slotted("a")
    loose.name = slotted.name = "b"
    assert (loose, slotted) == (Loose("b"), Slotted("b"))
