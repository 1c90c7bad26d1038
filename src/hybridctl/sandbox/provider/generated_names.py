"""Names for what HCL leaves nameless, in the shape of the provider SDK: a prefix and 26 hexadecimal digits."""

import re
import secrets

SUFFIX = re.compile(r"[0-9a-f]{26}$")


def name_or_generated(name: str | None, prefix: str | None) -> str:
    return name or f"{prefix or 'terraform-'}{secrets.token_hex(13)}"


def prefix_of(name: str) -> str:
    """What stands before the generated digits; empty for a name that somebody chose."""
    return SUFFIX.sub("", name) if SUFFIX.search(name) else ""
