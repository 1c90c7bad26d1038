"""Counts with nouns, such as "2 requests"."""


def count_noun(number: float, noun: str, spec: str = "") -> str:
    """Return the number, formatted with `spec`, and its noun, plural unless the text is "1": "1 request", "0
    requests".
    """
    shown = format(number, spec)
    return f"{shown} {noun}" if shown == "1" else f"{shown} {noun}s"
