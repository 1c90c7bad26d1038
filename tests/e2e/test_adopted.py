"""Another backend of this shape, driven by its own hybridctl.toml and HCL: no line of hybridctl knows it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from e2e.conftest import Clone

ADOPTED = Path(__file__).resolve().parents[1] / "adopted"


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    folder = tmp_path_factory.mktemp("adopted")
    made = Clone(folder / "checkout", folder / "home")
    made.home.mkdir()
    shutil.copytree(ADOPTED, made.root)
    yield made
    made.run("sandbox", "stop")


def test_missing_outputs_are_all_named_before_anything_is_made(orders):
    outputs = orders.root / "infra/dev/outputs.tf"
    text = outputs.read_text(encoding="utf-8")
    outputs.write_text(text[: text.index('output "lambda_function_name"')], encoding="utf-8")
    said = "lacks the outputs lambda_alias_name, lambda_function_name, lambda_function_version, lambda_log_group"
    seen = orders.run("--output", "json", "doctor", "dev")
    assert (seen.code, said in seen.out) == (5, True), seen.all
    ran = orders.run("deploy", "dev")
    assert (ran.code, said in ran.err, "apply" in ran.err) == (2, True, False), ran.all
    outputs.write_text(text, encoding="utf-8")


def test_it_is_deployed_checked_changed_and_rolled_back(orders):
    first = orders.must("--output", "json", "deploy", "dev").json
    assert [check["name"] for check in first["smoke"]["checks"]] == [
        "alive",
        "an order is taken",
        "and can be read",
        "no order without an item",
    ]
    assert orders.must("smoke").err.startswith("dev · account 000000000000 · eu-west-1")
    orders.edit("service/orders.py", lambda text: text.replace('{"alive": True,', '{"alive": True, "second": True,'))
    second = orders.must("--output", "json", "deploy").json
    assert httpx.get(f"{first['endpoint']}/alive").json() == {"alive": True, "second": True, "version": "2"}
    assert second["version"] == 2
    orders.must("rollback", "-m", "as before")
    assert httpx.get(f"{first['endpoint']}/alive").json() == {"alive": True, "version": "1"}


def test_a_bad_version_never_gets_its_traffic(orders):
    orders.edit("service/orders.py", lambda text: text.replace("_answer(422", "_answer(500"))
    ran = orders.run("deploy", "dev")
    assert (ran.code, "no order without an item" in ran.all) == (5, True)
    seen = orders.run("--output", "json", "status")
    assert (seen.code, seen.json["verdict"], seen.json["alias"]["version"]) == (5, "degraded", 1)
    orders.edit("service/orders.py", lambda text: text.replace("_answer(500", "_answer(422"))
    orders.must("deploy", "dev")


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


def test_a_canary_is_watched_with_load_of_its_own_questions(orders):
    orders.must("deploy", "dev", "--strategy", "canary:50@4s", "--probe", "150", "-m", "its own probes")
    alias = orders.must("--output", "json", "status").json["alias"]
    assert (alias["version"] > 1, alias["weights"]) == (True, {})
