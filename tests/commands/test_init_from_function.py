"""`hybridctl init --from-function`: what it writes, asks, says, and leaves alone."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from commands.test_init import run_tool
from fakes.existing_functions import BEHIND_API, PLAIN, RICH, SECRET, FakeExistingFunctions, zip_members
from hybridctl.settings_file import load_settings

TAKE = ("init", "shop", "--from-function", "checkout")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(hybridctl):
    """Run the command on one function; `places` are where functions were looked for."""

    def run_on(function, *argv, functions=None, **more):
        made = functions or FakeExistingFunctions(function)
        places = []

        def open_existing(where):
            places.append(where)
            return made

        ran = hybridctl(*argv, open_existing=open_existing, **more)
        return ran, made, places

    return run_on


def read_written(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_function_behind_an_api_becomes_a_project(run, golden, here):
    ran, made, _ = run(BEHIND_API, *TAKE)
    golden("init-from-function.txt", ran.transcript)
    assert [event["rawPath"] for event in made.asked] == ["/orders"]
    settings = load_settings(here / "shop", {})
    assert (settings.alias, settings.handler, settings.architecture) == ("prod", "main.handle", "x86_64")
    assert settings.names("production").function == settings.names("local").function == "checkout"
    assert settings.environments["production"].account == "123456789012"
    assert [one.call.path for one in settings.smoke.questions] == ["/orders"]
    assert not settings.smoke.names_version


def test_the_value_of_a_secret_is_in_no_file(run, here):
    ran, _, _ = run(PLAIN, *TAKE, "--event", '{"ping": true}')
    assert ran.code == 0, ran.err
    assert not [name for name, content in read_written(here).items() if SECRET.encode() in content]
    assert SECRET not in ran.out + ran.err
    assert "DB_PASSWORD" in ran.out


def test_the_first_build_is_the_zip_that_serves_and_the_next_one_ours(run, here, monkeypatch):
    from hybridctl.wiring.machine import open_artifacts

    run(BEHIND_API, *TAKE)
    settings = load_settings(here / "shop", {})
    assert open_artifacts(settings).build().fresh is False
    assert settings.package.read_bytes() == BEHIND_API.code
    (here / "shop/function/main.py").write_text("def handle(event, context):\n    return 2\n")
    assert open_artifacts(settings).build().fresh is True
    assert settings.package.read_bytes() != BEHIND_API.code


def test_requirements_of_the_zip_are_not_installed_again(run, here):
    run(BEHIND_API, *TAKE)
    assert (here / "shop/requirements-of-function.txt").read_text() == "requests\n"
    assert not (here / "shop/function/requirements.txt").exists()


def test_the_projects_own_tests_and_linters_pass(run, here):
    run(BEHIND_API, *TAKE)
    for argv in (["pytest", "-q", "-p", "no:cacheprovider"], ["ruff", "check"], ["ruff", "format", "--check"]):
        ran = run_tool(argv, here / "shop")
        assert ran.returncode == 0, ran.stdout + ran.stderr


def test_nothing_is_overwritten(run, here):
    (here / "shop/function").mkdir(parents=True)
    (here / "shop/function/main.py").write_text("mine\n")
    before = read_written(here)
    ran, _, _ = run(BEHIND_API, *TAKE)
    assert (ran.code, read_written(here)) == (4, before)
    assert "already has function/main.py" in ran.err


def test_a_dry_run_writes_nothing(run, here):
    ran, _, _ = run(BEHIND_API, *TAKE, "--dry-run")
    assert (ran.code, read_written(here)) == (0, {})
    assert "would be written" in ran.out


def test_a_function_without_api_needs_an_event(run, here):
    ran, made, _ = run(PLAIN, *TAKE)
    assert (ran.code, made.asked, read_written(here)) == (2, [], {})
    assert "checkout needs an event: no HTTP API calls it" in ran.err
    asked, made, _ = run(PLAIN, *TAKE, answer='{"ping": 1}')
    assert (asked.code, made.asked) == (0, [{"ping": 1}])
    assert load_settings(here / "shop", {}).smoke.questions[0].call.event == {"ping": 1}


@pytest.mark.parametrize("event", ["{", "[1]", '{"a": null}'])
def test_an_event_that_cannot_be_kept_is_refused(run, here, event):
    ran, _, _ = run(PLAIN, *TAKE, "--event", event)
    assert (ran.code, read_written(here)) == (2, {})
    assert ran.err.count("--event") >= 1


def test_an_event_that_fails_is_not_a_check(run, here):
    functions = FakeExistingFunctions(PLAIN, {"errorMessage": "no table"}, "Unhandled")
    ran, _, _ = run(PLAIN, *TAKE, "--event", "{}", functions=functions)
    assert (ran.code, read_written(here)) == (5, {})
    assert "fails with that event: no table" in ran.err


def test_headers_that_name_the_version_are_noticed(run, here):
    answer = {"statusCode": 200, "headers": {"x-build": "b", "x-function-version": "3"}, "body": "{}"}
    run(BEHIND_API, *TAKE, functions=FakeExistingFunctions(BEHIND_API, answer))
    assert load_settings(here / "shop", {}).smoke.names_version


def test_what_is_left_alone_and_what_calls_the_function_itself_is_reported(run):
    function = replace(BEHIND_API, unmanaged=("function URL https://x",), callers=("s3.amazonaws.com bucket",))
    ran, _, _ = run(function, *TAKE)
    assert "note: left as it is: function URL https://x" in " ".join(ran.out.split())
    assert "note: s3.amazonaws.com bucket calls the function and not its alias" in " ".join(ran.out.split())


def test_a_secret_file_of_the_package_is_included_and_named(run, here):
    code = zip_members({"main.py": "def handle(event, context):\n    return {}\n", ".env": "A=b\n"})
    ran, _, _ = run(replace(BEHIND_API, code=code), *TAKE)
    assert "function/.env looks like a secret" in ran.out
    assert load_settings(here / "shop", {}).include == (".env",)


def test_a_handler_that_a_layer_has_is_reported_and_not_tested(run, here):
    configuration = {**BEHIND_API.configuration, "Handler": "datadog_lambda.handler.handler"}
    ran, _, _ = run(replace(BEHIND_API, configuration=configuration), *TAKE)
    assert ran.code == 0, ran.err
    assert "datadog_lambda.handler.handler is not in the package" in " ".join(ran.out.split())
    assert not (here / "shop/tests/test_handler.py").exists()


def test_a_handler_in_a_package_is_found(run, here):
    code = zip_members({"shop/__init__.py": "def handle(event, context):\n    return {}\n"})
    configuration = {**BEHIND_API.configuration, "Handler": "shop.handle"}
    run(replace(BEHIND_API, code=code, configuration=configuration), *TAKE)
    assert "function/shop/__init__.py" in (here / "shop/tests/test_handler.py").read_text()


def test_a_zip_that_writes_outside_its_folder_is_refused(run, here):
    code = zip_members({"main.py": "", "../../evil.py": "x"})
    ran, _, _ = run(replace(BEHIND_API, code=code), *TAKE)
    assert (ran.code, read_written(here)) == (1, {})
    assert "leads out of it" in ran.err


@pytest.mark.parametrize(
    ("argv", "region", "sandbox", "folder"),
    [
        (("--from-function", "checkout"), None, False, "."),
        (("shop", "--from-function", "checkout", "--env", "local"), None, True, "shop"),
        (
            ("--from-function", "arn:aws:lambda:eu-north-1:123456789012:function:checkout:prod"),
            "eu-north-1",
            False,
            ".",
        ),
    ],
)
def test_where_the_function_is_looked_for(run, here, argv, region, sandbox, folder):
    ran, _, [where] = run(BEHIND_API, "init", *argv, "--yes")
    assert ran.code == 0, ran.err
    assert (where.region, where.sandbox, where.folder) == (region, sandbox, here / folder)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("init", "--event", "{}"), "--event belongs to --from-function"),
        (("init", "--from-function", "checkout", "--template", "http"), "exclude each other"),
        (("init", "--from-function", "a b"), "is neither a function's name nor its ARN"),
        (("init", "--from-function", "checkout", "--env", "../x"), "cannot be an environment's name"),
        (("init", "../shop", "--from-function", "checkout"), "is a path"),
        (("init", "s", "--from-function", "checkout"), "is not a valid project name"),
    ],
)
def test_bad_input_is_named(run, here, argv, expected):
    ran, _, _ = run(BEHIND_API, *argv)
    assert (ran.code, read_written(here)) == (2, {})
    assert expected in ran.err


def test_another_environment_gets_the_workflow_and_the_imports(run, here):
    run(BEHIND_API, *TAKE, "--env", "staging")
    assert (here / "shop/infra/staging/imports.tf").exists()
    workflow = (here / "shop/.github/workflows/deploy.yml").read_text()
    assert "hybridctl deploy staging" in workflow
    assert "production" not in workflow


def test_a_program_gets_the_function_and_the_notes(run):
    ran, _, _ = run(RICH, "--output", "json", *TAKE)
    answer = json.loads(ran.out)
    assert (answer["function"], answer["template"]) == ("checkout", None)
    assert answer["steps"] == ["cd shop", "hybridctl plan production", "hybridctl deploy production"]
    assert any("DB_PASSWORD" in note for note in answer["notes"])
    assert Path(answer["folder"]).name == "shop"
