"""Read each of AWS's service models once in a process: botocore does so for every session, in a tenth of a second.

The names of the services, which it collects from 400 folders for every session, are collected once too.
"""

from functools import cache
from typing import Any

from botocore.loaders import JSONFileLoader, Loader

from hybridctl.service_models import PlainModels

_load_file = JSONFileLoader.load_file
_load_plain_file = PlainModels.load_file
_list_services = Loader.list_available_services


class UnsharedModels(JSONFileLoader):
    """Reads the files themselves, as botocore does without `share_service_models`."""

    load_file = _load_file


class UnsharedPlainModels(PlainModels):
    """The same for hybridctl's own loader. botocore writes what it resolves into the models that it was given."""

    load_file = _load_plain_file


@cache
def _load_once(path: str) -> Any:
    return _load_file(JSONFileLoader(), path)


@cache
def _load_plain_once(path: str) -> Any:
    return _load_plain_file(PlainModels(), path)


@cache
def _list_services_once(type_name: str, *paths: str) -> list[str]:
    return _list_services(Loader(extra_search_paths=paths, include_default_search_paths=False), type_name)


def share_service_models() -> None:
    """Let all sessions of this process share what is parsed; moto extends some of it in place."""
    JSONFileLoader.load_file = lambda _loader, path: _load_once(path)
    PlainModels.load_file = lambda _loader, path: _load_plain_once(path)  # type: ignore[method-assign]
    Loader.list_available_services = lambda loader, type_name: _list_services_once(type_name, *loader.search_paths)
