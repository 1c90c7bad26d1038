"""Names that could not work on AWS are refused before anything is made."""

from pathlib import Path

import pytest

from hybridctl.domain.environment import BUCKET_NAME_LIMIT, Names
from hybridctl.errors import ConfigurationInvalid
from hybridctl.settings_file import load_settings

ACCOUNT = "123456789012"


def configure(folder: Path, project: str, region: str, more: str = "") -> Path:
    text = f'project = "{project}"\nregion = "{region}"\n[environments.production]\nprotected = true\n{more}'
    (folder / "hybridctl.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-1", "us-gov-west-1"])
def test_a_project_may_be_as_long_as_the_bucket_name_allows(tmp_path: Path, region: str):
    room = BUCKET_NAME_LIMIT - len(Names("", "").state_bucket(ACCOUNT, region))
    longest = "p" * min(room, 32)
    names = load_settings(configure(tmp_path, longest, region), {}).names("production")
    assert len(names.state_bucket(ACCOUNT, region)) <= BUCKET_NAME_LIMIT
    if room < 32:
        with pytest.raises(ConfigurationInvalid, match=f"too long for {region}") as refused:
            load_settings(configure(tmp_path, "p" * (room + 1), region), {})
        assert refused.value.hint == f"shorten it to {room} characters"


@pytest.mark.parametrize("project", ["backend-", "-backend", "Backend", "b", "p" * 33])
def test_a_project_that_the_hcl_would_refuse_is_refused_at_once(tmp_path: Path, project: str):
    with pytest.raises(ConfigurationInvalid, match="project cannot be"):
        load_settings(configure(tmp_path, project, "us-east-1"), {})
