"""Which user ids are taken: names in any script, and nothing that hides."""

import unicodedata

import pytest

from backend.names import is_name
from handler.fakes import LOGIN

NAMES = {
    "Latin": "José Ñandú",
    "Persian, non-joiner": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "Persian, behind a vowel sign": "\u0645\u06cc\u064e\u200c\u062e",
    "Hindi, joiner": "\u0915\u094d\u200d\u0937",
    "Hindi, non-joiner": "\u0915\u094d\u200c\u0937",
    "Sinhala, joiner": "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
    "Malayalam, joiner at the end": "\u0d28\u0d4d\u200d",
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "a skin tone": "\U0001f469\U0001f3fd\u200d\U0001f4bb",
    "a rainbow flag": "\U0001f3f3\ufe0f\u200d\U0001f308",
    "a heart on fire": "\u2764\ufe0f\u200d\U0001f525",
}
HIDDEN = {
    "joiner alone": "\u200d",
    "non-joiner alone": "\u200c",
    "joiner in Latin": "ad\u200dmin",
    "non-joiner in Latin": "ad\u200cmin",
    "joiner first": "\u200dadmin",
    "non-joiner last": "\u0645\u06cc\u200c",
    "two in a row": "\u0645\u06cc\u200c\u200c\u062e",
    "behind a letter that joins nothing": "\u0627\u200c\u062e",
    "in front of Latin": "\u06cc\u200ca",
    "joiner between emoji and Latin": "\U0001f469\u200da",
    "a filler": "a\u3164",
    "a Hangul filler": "a\u115f",
    "a grapheme joiner": "a\u034fb",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_names_in_any_script_are_taken(handler, name):
    answered = handler.call("POST", "/auth/session", {**LOGIN, "user_id": name})
    assert (answered.status, answered.body["user_id"]) == (201, name)
    assert handler.is_valid(answered.body["session_id"])


@pytest.mark.parametrize("name", HIDDEN.values(), ids=HIDDEN.keys())
def test_what_hides_in_a_name_is_refused(handler, name):
    answered = handler.call("POST", "/auth/session", {**LOGIN, "user_id": name})
    assert (answered.status, answered.body["error"]["code"]) == (400, "invalid_field")


def test_no_other_format_or_control_character_is_taken_wherever_it_stands():
    hidden = [
        chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    ]
    joiners = ("\u200c", "\u200d")
    for one in hidden:
        if one not in joiners:
            for name in NAMES.values():
                assert not is_name(name + one)
                assert not is_name(one + name)
    assert len(hidden) > 200


@pytest.mark.parametrize("field", ["provider", "access_token"])
def test_joiners_are_for_names_alone(handler, field):
    body = (
        {**LOGIN, "provider": NAMES["a family"]}
        if field == "provider"
        else {**LOGIN, "oauth_tokens": {"access_token": NAMES["a family"]}}
    )
    assert handler.call("POST", "/auth/session", body).status == 400
