"""Counts in sentences."""


def count_noun(number: float, noun: str, spec: str = "") -> str:
    """The number as `spec` formats it and its noun, in the plural unless that reads 1: "1 request", "0 requests"."""
    shown = format(number, spec)
    return f"{shown} {noun}" if shown == "1" else f"{shown} {noun}s"
