"""Removes credentials from output: requirement lines, index URLs, and the output of pip and git."""

import re
from collections.abc import Iterable

_HIDDEN = "****"
# The part of a URL before its last @. A password may contain an unescaped slash, but a port must not be mistaken for a
# password.
_LOGIN = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]*://)(?:[^\s/@'\"]*:(?!\d+(?:/|$))[^\s'\"]*@|[^\s/'\"]*@)")
_BARE_LOGIN = re.compile(r"(?<![\w/@.])[\w.%-]+:[^\s@/'\"]+@(?=[\w-]+(?:\.[\w-]+)+)")
_PARAMETER = re.compile(
    r"(?P<name>[?&][\w.-]*(?:token|secret|password|passwd|key|sig|signature|credential|auth)[\w.-]*=)[^&\s#'\"]+",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    r"\b(?:gh[pousr]_\w{10,}|github_pat_\w{10,}|glpat-[\w-]{10,}|pypi-[\w-]{16,}|(?:AKIA|ASIA)[A-Z0-9]{16})"
)
_SHORTEST = 6  # shorter values can occur anywhere in ordinary text


def redact(text: str, values: Iterable[str] = ()) -> str:
    """Return the text without logins in URLs, secret parameters, known token formats, and these values."""
    for value in sorted({one for one in values if len(one) >= _SHORTEST}, key=len, reverse=True):
        text = text.replace(value, _HIDDEN)
    text = _LOGIN.sub(rf"\g<scheme>{_HIDDEN}@", text)
    text = _BARE_LOGIN.sub(f"{_HIDDEN}@", text)
    text = _PARAMETER.sub(rf"\g<name>{_HIDDEN}", text)
    return _TOKEN.sub(_HIDDEN, text)
