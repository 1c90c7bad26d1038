"""HTML instead of JSON, written by a proxy, a captive portal or another server."""

import re

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_LOOKS = re.compile(r"\s*(<!doctype html|<html|<head|<body|<title|<\?xml[^>]*>\s*<!doctype html)", re.IGNORECASE)
_LONGEST = 80


def describe_html(text: str) -> str | None:
    """Describe an HTML page in a few words, with its title. Return None if the text is not HTML."""
    if not _LOOKS.match(text):
        return None
    import html  # start-up: its table of names takes longer than most modules, and is hardly ever needed

    title = _TITLE.search(text[:10_000])
    words = " ".join(html.unescape(title[1]).split())[:_LONGEST] if title else ""
    return f"an HTML page, {words!r}" if words else "an HTML page"
