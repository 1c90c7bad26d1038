import json
from pathlib import Path

import pytest

from backend.settings import SettingsError, read_build, read_settings
from handler.fakes import ENVIRON


def test_only_environment_and_table_are_required():
    settings = read_settings({"ENVIRONMENT": "staging", "SESSIONS_TABLE": "t"}, build="dev")
    assert (settings.lifetime, settings.idle, settings.max_sessions) == (2592000, 604800, 20)
    assert (settings.user_index, settings.cors_origins, settings.function_version) == (
        "by_user",
        frozenset(),
        "$LATEST",
    )


def test_without_a_mode_tokens_are_verified():
    assert read_settings({"ENVIRONMENT": "staging", "SESSIONS_TABLE": "t"}, build="dev").verification == "provider"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENVIRONMENT", ""),
        ("SESSIONS_TABLE", ""),
        ("TOKEN_VERIFICATION", "none"),
        ("LOG_LEVEL", "LOUD"),
        ("SESSION_LIFETIME_SECONDS", "0"),
        ("SESSION_IDLE_SECONDS", "-1"),
        ("MAX_SESSIONS_PER_USER", "²"),
        ("CORS_ORIGINS", "https://app.example"),
        ("CORS_ORIGINS", '"https://app.example"'),
        ("CORS_ORIGINS", "[5]"),
        ("GOOGLE_CLIENT_IDS", "web-id"),
        ("GOOGLE_CLIENT_IDS", '"web-id"'),
        ("GOOGLE_CLIENT_IDS", "[null]"),
        ("GOOGLE_CLIENT_IDS", '["web-id", ""]'),
        ("GITHUB_API_URL", "http://api.github.com"),
        ("GITHUB_API_URL", "https://api.github.com@evil.example"),
        ("GITHUB_API_URL", "https://api.github.com/?a="),
        ("GITHUB_API_URL", "https://api.github.com\n"),
        ("GITHUB_API_URL", "http://localhost.evil.example:80"),
        ("GITHUB_API_URL", ""),
    ],
)
def test_a_wrong_variable_is_named(name, value):
    with pytest.raises(SettingsError, match=f"^{name} "):
        read_settings({**ENVIRON, name: value}, build="dev")


def test_the_build_is_read_beside_the_package(tmp_path: Path):
    assert read_build(tmp_path) == "dev"
    (tmp_path / "build.json").write_text(json.dumps({"build": "00ff00ff00ff00ff"}))
    assert read_build(tmp_path) == "00ff00ff00ff00ff"


@pytest.mark.parametrize(
    ("one", "several", "accepted"),
    [
        ({}, {}, set()),
        ({"GOOGLE_CLIENT_ID": ""}, {}, set()),
        ({"GOOGLE_CLIENT_ID": "web"}, {}, {"web"}),
        ({}, {"GOOGLE_CLIENT_IDS": '["web", "ios"]'}, {"web", "ios"}),
        ({"GOOGLE_CLIENT_ID": "web"}, {"GOOGLE_CLIENT_IDS": '["ios", "web"]'}, {"web", "ios"}),
    ],
)
def test_client_ids_of_google_are_one_or_several(one, several, accepted):
    assert read_settings({**ENVIRON, **one, **several}, build="dev").google_client_ids == accepted
