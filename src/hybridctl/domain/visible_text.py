"""The filter for all output: characters that a terminal would interpret, or that are invisible, become escapes.

It escapes control characters (except tab and line feed), line and paragraph separators, lone surrogates, and all
characters without a glyph: bidirectional controls, zero-width characters, fillers, tag characters. Sources: Unicode
categories Cc, Zl, Zp, Cs; Default_Ignorable_Code_Point of DerivedCoreProperties.txt; the interlinear annotation
controls.

Two kinds of invisible characters stay if they change how visible text looks: a variation selector directly after a
character with variants, and a joiner inside a word of a script that needs it (RFC 5892 appendix A, UAX #31 section 2.3)
or inside an emoji sequence (UTS #51).
"""

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_NON_JOINER, _JOINER = "\u200c", "\u200d"
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_EMOJI_SELECTOR, _KEYCAP = "\ufe0f", "\u20e3"
# First words of the Unicode names of letters: scripts whose letters join or form conjuncts, and scripts with variants.
_JOINING = re.compile(
    "(?:ADLAM|ARABIC|BALINESE|BENGALI|BRAHMI|CHAKMA|DEVANAGARI|GRANTHA|GUJARATI|GURMUKHI|HANIFI|JAVANESE|KAITHI|"
    "KANNADA|KHMER|MALAYALAM|MANDAIC|MANICHAEAN|MONGOLIAN|MYANMAR|NEWA|NKO|ORIYA|PHAGS-PA|SINHALA|"
    "SOGDIAN|SYRIAC|TAI|TAMIL|TELUGU|TIBETAN|TIRHUTA) "
)
_VARYING = re.compile("(?:CJK|INFORMATION|MYANMAR|PHAGS-PA) ")
_DEEPEST = 100


def make_visible(text: str) -> str:
    r"""Return the text with each harmful character as `\xHH`, `\uHHHH` or `\UHHHHHHHH`. Other characters stay
    unchanged.
    """
    return text if text.isascii() and text.isprintable() else _replace(text, _escape)


def to_json(value: Any, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """Return JSON without harmful characters that parses to the value. NaN and Infinity, which JSON does not have,
    become null.

    A value of a type that JSON does not have becomes a string. Values that are nested deeper than 100 levels are cut.
    """
    try:
        document = _dump(value, indent, ascii_only)
    except (ValueError, RecursionError):
        document = _dump(_plain(value, _DEEPEST), indent, ascii_only)
    return document if document.isascii() and "\x7f" not in document else _replace(document, _json_escape)


def _replace(text: str, escape: Callable[[str], str]) -> str:
    def show(found: re.Match[str]) -> str:
        return found[0] if _shapes(text, found.start()) else escape(found[0])

    return _HARMFUL.sub(show, text)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escape(character: str) -> str:
    """Escape as in RFC 8259 section 7: above U+FFFF as a surrogate pair."""
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _shapes(text: str, at: int) -> bool:
    """Return whether the invisible character at this position changes how its neighbors look."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if not before:
        return False
    if text[at] == _NON_JOINER:
        return _joining_script(before) != "" and _joining_script(before) == _joining_script(after)
    if text[at] == _JOINER:
        return _joining_script(before) != "" or (_is_pictograph(before) and _is_pictograph(after))
    if _SELECTORS.match(text, at):
        return _has_variants(before, after)
    return False


def _joining_script(character: str) -> str:
    """Return the script of a letter or mark that takes joiners, otherwise ""."""
    if not character or unicodedata.category(character)[0] not in "LM":
        return ""
    match = _JOINING.match(unicodedata.name(character, ""))
    return match[0] if match else ""


def _is_pictograph(character: str) -> bool:
    """Return whether this is a symbol, or a selector or skin tone that may follow one in an emoji."""
    return character == _EMOJI_SELECTOR or (character != "" and unicodedata.category(character) in ("So", "Sk", "Sm"))


def _has_variants(before: str, after: str) -> bool:
    category = unicodedata.category(before)
    if before.isascii():
        return after == _KEYCAP
    return category in ("So", "Sk", "Sm", "Po") or (
        category[0] == "L" and _VARYING.match(unicodedata.name(before, "")) is not None
    )


def _dump(value: Any, indent: int | None, ascii_only: bool) -> str:
    return json.dumps(value, indent=indent, ensure_ascii=ascii_only, allow_nan=False, default=str)


def _plain(value: Any, deeper: int) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping | list | tuple) and not deeper:
        return "… (nested too deeply)"
    if isinstance(value, Mapping):
        return {key: _plain(member, deeper - 1) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member, deeper - 1) for member in value]
    return value
