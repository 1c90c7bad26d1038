"""The HCL of a function that was taken over: formatted, valid, and green by its own tests, also with hashicorp/aws."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.existing_functions import BEHIND_API, PLAIN, RICH, api_calling
from hybridctl.domain.existing.root import render_terraform

FUNCTIONS = {
    "plain": PLAIN,
    "behind-api": BEHIND_API,
    "rich": RICH,
    "without-alias": replace(BEHIND_API, alias=None, versions=(), apis=(api_calling(""),)),
    "shared": replace(
        BEHIND_API,
        apis=(api_calling(":prod", foreign="it serves other functions too"),),
        role=replace(BEHIND_API.role, users=("other",)),
        group=replace(BEHIND_API.group, name="/shared"),
    ),
}


def write(name: str, folder: Path, environment: str = "production") -> Path:
    for path, text in render_terraform(FUNCTIONS[name], environment).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("environment", ["production", "local"])
def test_it_is_formatted(formatter: Any, tmp_path: Path, name: str, environment: str) -> None:
    folder = write(name, tmp_path, environment)
    assert formatter.run(folder, "fmt", "-check", "-diff", "-recursive").stdout == ""


def test_what_the_sandbox_lacks_stays_as_it_is_where_the_function_is_on_it() -> None:
    texts = {name: render_terraform(RICH, name)["infra/function/main.tf"] for name in ("local", "production")}
    for argument in ("dead_letter_config", "file_system_config", "kms_key_arn", "layers", "snap_start", "vpc_config"):
        assert re.search(rf"^ +{argument},$", texts["local"], re.MULTILINE), argument
    assert "    layers,\n" not in texts["production"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_its_own_tests_pass_and_the_sandbox_takes_it(engine: Any, tmp_path: Path, name: str) -> None:
    is_sandbox = "TF_REATTACH_PROVIDERS" in engine.environment
    if not is_sandbox and name not in ("rich", "without-alias"):
        pytest.skip("hashicorp/aws takes ten seconds to start: what these two hold is all that it could refuse")
    root = write(name, tmp_path) / "infra" / ("local" if is_sandbox else "production")
    engine.init(root)
    engine.run(root, "validate", "-no-color")
    module = tmp_path / "infra/function"
    engine.init(module)
    engine.run(module, "test", "-no-color")
