"""Which profile acts: --profile, else the shell's credentials, else hybridctl.toml, else the shell's profile."""

import pytest

from hybridctl.domain.profile import Profile, choose_profile

AT = "hybridctl.toml:7"


@pytest.mark.parametrize(
    ("typed", "configured", "environ", "found"),
    [
        (None, None, {}, Profile()),
        ("ops", "prod", {"AWS_PROFILE": "dev", "AWS_ACCESS_KEY_ID": "AKID"}, Profile("ops", "--profile")),
        (None, "prod", {"AWS_PROFILE": "dev"}, Profile("prod", AT)),
        (None, "prod", {"AWS_ACCESS_KEY_ID": "AKID"}, Profile(None, "AWS_ACCESS_KEY_ID")),
        (None, "prod", {"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, Profile(None, "AWS_WEB_IDENTITY_TOKEN_FILE")),
        (None, "prod", {"AWS_ACCESS_KEY_ID": ""}, Profile("prod", AT)),
        (None, None, {"AWS_PROFILE": "dev"}, Profile("dev", "AWS_PROFILE")),
    ],
)
def test_the_nearest_choice_wins(typed, configured, environ, found):
    assert choose_profile(typed, configured, AT, environ) == found


def test_of_two_variables_the_one_that_botocore_reads_first_counts():
    """The witness is botocore, which reads the variables itself."""
    from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES

    _, order, _, _ = BOTOCORE_DEFAUT_SESSION_VARIABLES["profile"]
    environ = dict.fromkeys(order, "x")
    assert choose_profile(None, None, AT, environ).source == order[0]
    assert choose_profile(None, None, AT, environ).asked is None  # so that keys beside them win, as in the AWS CLI
