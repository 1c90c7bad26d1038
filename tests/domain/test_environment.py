"""Names, regions and accounts that could not work on AWS are refused before anything is made."""

from pathlib import Path

import pytest

from fakes.clock import FakeClock
from hybridctl.adapters.aws.partition import partition_of
from hybridctl.domain.environment import BUCKET_NAME_LIMIT, Names
from hybridctl.errors import ConfigurationInvalid, WrongAccount
from hybridctl.settings_file import load_settings
from hybridctl.wiring.backend import RealBackend
from hybridctl.wiring.location import Location

ACCOUNT = "123456789012"


def configured(folder: Path, project: str, region: str, more: str = "") -> Path:
    text = f'project = "{project}"\nregion = "{region}"\n[environments.production]\nprotected = true\n{more}'
    (folder / "hybridctl.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-1", "us-gov-west-1"])
def test_a_project_may_be_as_long_as_the_bucket_name_allows(tmp_path: Path, region: str):
    room = BUCKET_NAME_LIMIT - len(Names("", "").state_bucket(ACCOUNT, region))
    longest = "p" * min(room, 32)
    names = load_settings(configured(tmp_path, longest, region), {}).names("production")
    assert len(names.state_bucket(ACCOUNT, region)) <= BUCKET_NAME_LIMIT
    if room < 32:
        with pytest.raises(ConfigurationInvalid, match=f"too long for {region}") as refused:
            load_settings(configured(tmp_path, "p" * (room + 1), region), {})
        assert refused.value.hint == f"shorten it to {room} characters"


@pytest.mark.parametrize("project", ["backend-", "-backend", "Backend", "b", "p" * 33])
def test_a_project_that_the_hcl_would_refuse_is_refused_at_once(tmp_path: Path, project: str):
    with pytest.raises(ConfigurationInvalid, match="project cannot be"):
        load_settings(configured(tmp_path, project, "us-east-1"), {})


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        *(("us-east-1", "aws"), ("eu-central-2", "aws"), ("us-gov-west-1", "aws-us-gov"), ("cn-northwest-1", "aws-cn")),
        ("xx-nowhere-1", None),
        ("us-iso-east-1", None),
    ],
)
def test_the_partition_is_botocores_and_others_are_refused_by_name(region: str, partition: str | None):
    if partition:
        assert partition_of(region) == partition
        return
    with pytest.raises(ConfigurationInvalid, match=region):
        partition_of(region)


class Signed:
    """A session of whoever owns ACCOUNT."""

    def account(self) -> str:
        return ACCOUNT

    def find_configured_endpoints(self, environ: object) -> tuple[str, ...]:
        return ()


class Backend(RealBackend):
    _session = Signed()  # type: ignore[assignment]


def backend(folder: Path, more: str = "") -> Backend:
    settings = load_settings(configured(folder, "acme", "us-east-1", more), {})
    return Backend(settings, Location(settings.environment("production")), FakeClock())


def test_a_protected_environment_names_its_account_before_it_is_touched(tmp_path: Path):
    with pytest.raises(WrongAccount, match="does not name its account") as refused:
        _ = backend(tmp_path).place
    assert refused.value.hint == f'if this account is right: account = "{ACCOUNT}" in [environments.production]'
    assert backend(tmp_path, f'account = "{ACCOUNT}"\n').place.account == ACCOUNT
