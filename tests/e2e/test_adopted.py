"""Another backend than this project's: made by `hybridctl init`, and then given names and a layout of its own."""

from collections.abc import Iterator

import httpx
import pytest

from e2e.conftest import Clone

# What a team has by other names than those that init gives: environments, folders, package, alias, platform, health.
RENAMED = {
    "hybridctl.toml": {
        'source = "app"': 'source = "service"',
        "build/function.zip": "build/orders.zip",
        'architecture = "arm64"': 'architecture = "x86_64"\nalias = "serving"',
        "# Every release": '[smoke]\nhealth = "/alive"\n\n# Every release',
        "[environments.local]": "[environments.dev]",
        'default_environment = "local"': 'default_environment = "dev"',
        "[environments.production]": "[environments.prod]",
    },
    "service/main.py": {"GET /health": "GET /alive"},
    "infra/backend/main.tf": {"GET /health": "GET /alive", '["arm64"]': '["x86_64"]'},
    "infra/backend/api.tf": {'= "live"': '= "serving"'},
    "infra/backend/variables.tf": {"build/function.zip": "build/orders.zip"},
    "infra/dev/main.tf": {'"local"': '"dev"'},
    "infra/prod/main.tf": {'"production"': '"prod"'},
}
MOVED = {"app": "service", "infra/local": "infra/dev", "infra/production": "infra/prod"}


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    folder = tmp_path_factory.mktemp("adopted")
    home = folder / "home"
    home.mkdir()
    Clone(folder, home).must("init", "order-book", "--region", "eu-west-1", "--runtime", "python3.12")
    made = Clone(folder / "order-book", home)
    for old, new in MOVED.items():
        (made.root / old).rename(made.root / new)
    for name, words in RENAMED.items():
        for old, new in words.items():
            made.edit(name, lambda text, old=old, new=new: replace_once(text, old, new))
    yield made
    made.run("sandbox", "stop")


def replace_once(text: str, old: str, new: str) -> str:
    assert old in text, f"init no longer writes {old!r}"
    return text.replace(old, new)


def test_missing_outputs_are_all_named_before_anything_is_made(orders):
    outputs = orders.root / "infra/dev/main.tf"
    text = outputs.read_text(encoding="utf-8")
    outputs.write_text(text[: text.index('output "lambda_alias_name"')], encoding="utf-8")
    message = "lacks the outputs lambda_alias_name, lambda_function_name, lambda_function_version, lambda_log_group"
    seen = orders.run("--output", "json", "doctor", "dev")
    assert (seen.code, message in seen.out) == (5, True), seen.all
    ran = orders.run("deploy", "dev")
    assert (ran.code, message in ran.err, "apply" in ran.err) == (2, True, False), ran.all
    outputs.write_text(text, encoding="utf-8")


def test_it_is_deployed_checked_changed_and_rolled_back(orders):
    first = orders.must("--output", "json", "deploy", "dev").json
    assert [check["name"] for check in first["smoke"]["checks"]] == [
        "a note is kept",
        "and can be read",
        "a note needs a text",
    ]
    assert orders.must("smoke").err.startswith("dev · account 000000000000 · eu-west-1")
    orders.edit("service/main.py", lambda text: replace_once(text, '"healthy"}', '"healthy", "edition": 2}'))
    second = orders.must("--output", "json", "deploy").json
    assert httpx.get(f"{first['endpoint']}/alive").json() == {"status": "healthy", "edition": 2}
    assert second["version"] == 2
    orders.must("rollback", "-m", "as before")
    assert httpx.get(f"{first['endpoint']}/alive").json() == {"status": "healthy"}


def test_a_bad_version_never_gets_its_traffic(orders):
    orders.edit("service/main.py", lambda text: replace_once(text, "return 400", "return 500"))
    ran = orders.run("deploy", "dev")
    assert (ran.code, "a note needs a text" in ran.all) == (5, True)
    seen = orders.run("--output", "json", "status")
    assert (seen.code, seen.json["verdict"], seen.json["alias"]["version"]) == (5, "degraded", 1)
    orders.edit("service/main.py", lambda text: replace_once(text, "return 500", "return 400"))


def test_a_canary_is_watched_with_load_of_its_own_questions(orders):
    orders.must("deploy", "dev", "--strategy", "canary:50@4s", "--probe", "150", "-m", "its own probes")
    alias = orders.must("--output", "json", "status").json["alias"]
    assert (alias["version"] > 1, alias["weights"]) == (True, {})


@pytest.mark.parametrize(
    "argv",
    [
        ["status"],
        ["logs", "--since", "10m"],
        ["metrics"],
        ["alarms"],
        ["releases"],
        ["releases", "diff", "1", "2"],
        ["plan"],
        ["outputs"],
        ["drift"],
        ["state", "list"],
        ["build", "--explain"],
        ["doctor"],
        ["cost"],
    ],
    ids=" ".join,
)
def test_every_question_is_answered(orders, argv):
    """With 5 where the answer is no, and never as if something of the built-in backend were missing."""
    ran = orders.run(*argv)
    assert ran.code in (0, 5), ran.all
    assert "sessions" not in ran.all


def test_what_is_about_sessions_says_that_there_are_none(orders):
    ran = orders.run("sessions", "list", "ada")
    assert (ran.code, "dynamodb_sessions_table" in ran.err) == (3, True)
