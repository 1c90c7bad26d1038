"""Which texts may name a user: readable ones, in any script."""

import re
import unicodedata

_NON_JOINER, _JOINER = "\u200c", "\u200d"
_EMOJI_SELECTOR = "\ufe0f"
_VIRAMA = 9  # its canonical combining class
# Python takes these for printable, but they show nothing: a grapheme joiner, fillers, inherent vowels.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0]")


def is_name(text: str) -> bool:
    """Whether `text` is printable and hides nothing.

    Of all invisible characters only the two joiners may stand, and only where they change what is seen: after a
    virama or within a joined Arabic word (UAX #31 section 2.3, RFC 5892 appendix A), and in an emoji sequence
    (UTS #51). Elsewhere two different names would look the same.
    """
    if _BLANK.search(text):
        return False
    if text.isprintable():
        return True
    visible = text.replace(_NON_JOINER, "").replace(_JOINER, "")
    return visible.isprintable() and all(
        _shapes(text, at) for at, character in enumerate(text) if character in (_NON_JOINER, _JOINER)
    )


def _shapes(text: str, at: int) -> bool:
    """Whether the joiner at that place has an effect."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if not before:
        return False
    if unicodedata.combining(before) == _VIRAMA:
        return text[at] == _JOINER or unicodedata.category(after or " ")[0] == "L"
    if text[at] == _JOINER:
        return _is_pictograph(before) and after != _EMOJI_SELECTOR and _is_pictograph(after)
    letter = text[:at].rstrip("".join(mark for mark in set(text[:at]) if unicodedata.category(mark) == "Mn"))[-1:]
    return _joins_next(letter) and unicodedata.bidirectional(after or " ") == "AL"


def _is_pictograph(character: str) -> bool:
    """A symbol, or what may stand behind it in an emoji: a selector or a skin tone."""
    return character == _EMOJI_SELECTOR or (character != "" and unicodedata.category(character) in ("So", "Sk", "Sm"))


def _joins_next(letter: str) -> bool:
    """Whether an Arabic letter joins the one that follows: then Unicode has an initial form of it."""
    forms = map(unicodedata.decomposition, map(chr, (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD))))
    return letter != "" and f"<initial> {ord(letter):04X}" in forms
