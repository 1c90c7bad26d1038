"""Finds the view of a result by importing it: views register what they render, and each import is start-up time."""

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec

import hybridctl.views


def importing_views_of(kind: type) -> Iterator[None]:
    """Import the view that is named as the result's own module, then all of them; the caller looks after each."""
    own = f"hybridctl.views.{kind.__module__.rpartition('.')[2]}"
    if find_spec(own):
        import_module(own)
        yield
    import_all()
    yield


@cache
def import_all() -> None:
    for module in pkgutil.iter_modules(hybridctl.views.__path__):
        import_module(f"hybridctl.views.{module.name}")
