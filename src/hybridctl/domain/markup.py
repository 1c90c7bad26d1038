"""HTML where JSON was expected: a proxy, a captive portal or a foreign server wrote it."""

import html
import re

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_LOOKS = re.compile(r"\s*(<!doctype html|<html|<head|<body|<title|<\?xml[^>]*>\s*<!doctype html)", re.IGNORECASE)
_LONGEST = 80


def describe_html(text: str) -> str | None:
    """A few words instead of an HTML page, its title among them; None when the text is no HTML."""
    if not _LOOKS.match(text):
        return None
    title = _TITLE.search(text[:10_000])
    told = " ".join(html.unescape(title[1]).split())[:_LONGEST] if title else ""
    return f"an HTML page, {told!r}" if told else "an HTML page"
