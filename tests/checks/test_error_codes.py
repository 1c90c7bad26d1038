"""Error codes are public: each class declares its own, and the reference lists all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import hybridctl.adapters.git  # noqa: F401  (it has an error of its own)
from hybridctl.errors import HybridctlError
from hybridctl.exit_codes import ExitCode

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference.md"


def error_classes() -> Iterator[type[HybridctlError]]:
    waiting: list[type[HybridctlError]] = [HybridctlError]
    while waiting:
        kind = waiting.pop()
        waiting += [one for one in kind.__subclasses__() if one.__module__.startswith("hybridctl.")]
        yield kind


def test_every_error_declares_a_code_of_its_own():
    kinds = list(error_classes())
    assert [kind.__name__ for kind in kinds if "code" not in vars(kind)] == []
    codes = [kind.code for kind in kinds]
    assert sorted(set(codes)) == sorted(codes)


def test_a_code_does_not_follow_the_name_of_its_class():
    class Renamed(HybridctlError, code="stays"):
        pass

    assert (Renamed("x").code, Renamed.exit_code) == ("stays", ExitCode.FAILED)
    with pytest.raises(TypeError, match="code"):
        type("Nameless", (HybridctlError,), {})


def test_every_code_has_a_line_in_the_reference():
    text = REFERENCE.read_text(encoding="utf-8")
    assert [kind.code for kind in error_classes() if f"| `{kind.code}` | {kind.exit_code.value} | " not in text] == []


def test_every_error_says_in_one_sentence_what_it_means():
    kinds = error_classes()
    assert [kind.__name__ for kind in kinds if not (kind.__doc__ or "").split("\n\n")[0].strip().endswith(".")] == []
