"""The measurements by name; each is the module of that name, and its first docstring line is its heading."""

from collections.abc import Callable, Iterator
from importlib import import_module

from bench.contest import Contest
from bench.workshop import Workshop

NAMES = ("startup", "build", "deploy", "metrics", "handler", "load", "revocation", "logs")


def title(name: str) -> str:
    return (import_module(f"bench.{name}").__doc__ or name).splitlines()[0].rstrip(".")


def about(name: str) -> str:
    """What the heading leaves out: the rest of the docstring."""
    _, _, rest = (import_module(f"bench.{name}").__doc__ or "").partition("\n")
    return rest.strip()


def contests(name: str) -> Callable[[Workshop], Iterator[Contest]]:
    """The measurement's generator; what it opens between two contests is closed when it is run to its end."""
    found: Callable[[Workshop], Iterator[Contest]] = import_module(f"bench.{name}").contests
    return found
