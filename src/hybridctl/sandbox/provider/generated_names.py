"""Names for what HCL leaves nameless, in the shape of the provider SDK: a prefix and 26 hexadecimal digits."""

import re
import secrets

from hybridctl.sandbox.provider.values import Values

SUFFIX = re.compile(r"[0-9a-f]{26}$")


def choose_name(planned: Values, name: str = "name") -> str:
    """The argument `name`; otherwise one that begins with its `_prefix`, where the resource has that."""
    return planned[name] or f"{planned.get(f'{name}_prefix') or 'terraform-'}{secrets.token_hex(13)}"


def prefix_of(name: str) -> str:
    """What stands before the generated digits; empty for a name that somebody chose."""
    return SUFFIX.sub("", name) if SUFFIX.search(name) else ""
