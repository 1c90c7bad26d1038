"""The text filter: what is harmful is shown, what is visible stays, and JSON stays JSON."""

import json
import unicodedata

import idna
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hybridctl.domain.visible_text import make_visible, to_json

ANY_TEXT = st.text(st.characters())
INVISIBLE = "\u061c\u200b\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufeff\u00ad\u3164\U000e0001\U000e0041\U000e007f"


def is_obeyed(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") and character not in "\t\n"


@settings(deadline=None)
@given(ANY_TEXT)
@example("".join(map(chr, range(0x110000))))
def test_no_control_separator_or_surrogate_is_left(text):
    shown = make_visible(text)
    assert [character for character in shown if is_obeyed(character)] == []
    shown.encode()


@pytest.mark.parametrize("character", INVISIBLE)
@pytest.mark.parametrize("around", ["ab", "\u0430\u0431", "12", "  "])
def test_what_has_no_glyph_is_shown(character, around):
    shown = make_visible(around[0] + character + around[1])
    assert shown == f"{around[0]}{character.encode('ascii', 'backslashreplace').decode()}{around[1]}"


@settings(deadline=None)
@given(ANY_TEXT)
def test_visible_text_is_unchanged(text):
    """Whatever is left of the text when the invisible is taken out stands there, in its order."""
    shown = make_visible(text)
    rest = iter(shown)
    visible = [character for character in text if unicodedata.category(character)[0] in "LNPS"]
    assert all(character in rest for character in visible if character not in "\u115f\u1160\u3164\uffa0")


@settings(deadline=None)
@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters="\u115f\u1160\u3164\uffa0")))
def test_letters_numbers_and_signs_pass_as_they_are(text):
    assert make_visible(text) == text


@pytest.mark.parametrize(
    "word",
    [
        "می\u200cخواهم",  # noqa: RUF001  Persian: one word of two parts
        "क्\u200dष",  # Hindi: half form
        "ශ්\u200dරී",  # Sinhala: conjunct
        "র\u200d্য",  # Bengali: ra with ya-phala
        "👨\u200d👩\u200d👧",
        "👩🏽\u200d🔬",
        "🏳\ufe0f\u200d🌈",
        "❤\ufe0f",
        "1\ufe0f\u20e3",
        "葛\U000e0100",
    ],
)
def test_words_and_emoji_that_need_invisible_characters_keep_them(word):
    assert make_visible(word) == word


@pytest.mark.parametrize(
    "text",
    ["ad\u200dmin", "ad\u200cmin", "\u0430\u200d\u0431", "1\u200c2", "\u200d\u0430", "pay\ufe0fpal", "x\U000e0101"],
)
def test_an_invisible_character_that_changes_nothing_is_shown(text):
    assert make_visible(text) != text


JOINING = st.text(st.sampled_from("بتجحددرسشکلمنهیआकखरषසරക\u094d\u0dca\u0d4d"), min_size=2, max_size=6)


@settings(deadline=None)
@given(JOINING, JOINING, st.sampled_from("\u200c\u200d"))
def test_a_joiner_that_the_standard_allows_is_kept(before, after, joiner):
    """The witness is idna's reading of RFC 5892, appendix A."""
    word = before + joiner + after
    try:
        allowed = idna.core.valid_contextj(word, len(before))
    except ValueError:
        allowed = False
    same = unicodedata.name(before[-1]).split()[0] == unicodedata.name(after[0]).split()[0]
    if allowed and same:
        assert make_visible(word) == word


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | ANY_TEXT,
        lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner),
    )
)
@example({"\x7f\x9b\u202e\U000e0041\udc80": float("nan")})
def test_json_parses_to_the_value_and_holds_nothing_harmful(value):
    for document in (to_json(value), to_json(value, indent=2), to_json(value, ascii_only=True)):
        assert make_visible(document) == document
        parsed = json.loads(document, parse_constant=pytest.fail)
        assert json.dumps(parsed) == json.dumps(without_infinity(value))
    assert to_json(value, ascii_only=True).isascii()


def without_infinity(value):
    if (isinstance(value, float) and value in (float("inf"), float("-inf"))) or value != value:  # noqa: PLR0124
        return None
    if isinstance(value, list):
        return [without_infinity(member) for member in value]
    return {key: without_infinity(member) for key, member in value.items()} if isinstance(value, dict) else value


def test_what_is_nested_too_deeply_for_json_is_cut():
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    assert "nested too deeply" in to_json(value)
