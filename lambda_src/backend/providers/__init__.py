"""Identity providers: one file each, imported when the first token of theirs comes in.

A file named in PROVIDERS has `open_provider(settings) -> IdentityProvider`, which raises ProviderNotConfigured
when the settings do not suffice.
"""

from collections.abc import Mapping
from functools import partial
from importlib import import_module

from backend.settings import Settings
from backend.verification import IdentityProvider, OpenProvider

PROVIDERS = ("google", "github")


def open_by_name(settings: Settings) -> Mapping[str, OpenProvider]:
    return {name: partial(_open, name, settings) for name in PROVIDERS}


def _open(name: str, settings: Settings) -> IdentityProvider:
    provider: IdentityProvider = import_module(f"backend.providers.{name}").open_provider(settings)
    return provider
