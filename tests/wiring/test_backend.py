"""A protected environment names its account before anything of it is touched."""

from pathlib import Path

import pytest

from domain.test_environment import ACCOUNT, configure
from fakes.clock import FakeClock
from hybridctl.errors import WrongAccount
from hybridctl.settings_file import load_settings
from hybridctl.wiring.backend import RealBackend
from hybridctl.wiring.location import Location


class Signed:
    """A session of ACCOUNT."""

    def account(self) -> str:
        return ACCOUNT

    def find_configured_endpoints(self, environ: object) -> tuple[str, ...]:
        return ()

    def credentials_end(self, environ: object) -> None:
        return None


class Backend(RealBackend):
    _session = Signed()  # type: ignore[assignment]


def backend(folder: Path, more: str = "") -> Backend:
    settings = load_settings(configure(folder, "acme", "us-east-1", more), {})
    return Backend(settings, Location(settings.environment("production")), FakeClock())


def test_a_protected_environment_names_its_account_before_it_is_touched(tmp_path: Path):
    with pytest.raises(WrongAccount, match="does not name its account") as refused:
        _ = backend(tmp_path).place
    assert refused.value.hint == f'if this account is right: account = "{ACCOUNT}" in [environments.production]'
    assert backend(tmp_path, f'account = "{ACCOUNT}"\n').place.account == ACCOUNT
