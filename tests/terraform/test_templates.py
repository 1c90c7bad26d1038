"""The HCL that `hybridctl init` writes: formatted, valid, and green by its own tests."""

from pathlib import Path
from typing import Any

import pytest

from hybridctl.adapters.templates import PackagedTemplates
from hybridctl.domain.scaffold import TemplateName, Wish, fill, is_link


def write(template: TemplateName, folder: Path) -> Path:
    templates = PackagedTemplates()
    wish = Wish(template, "my-own-backend-with-a-long-name", "eu-west-1", "python3.12", "0.1.0")
    files = fill(templates.read(template), wish)
    links = {path for path, text in files.items() if is_link(text)}
    templates.write(folder, {path: text.encode() for path, text in files.items()}, links=links)
    return folder


@pytest.mark.parametrize("template", TemplateName)
def test_it_is_formatted(formatter: Any, tmp_path: Path, template: TemplateName) -> None:
    assert formatter.run(write(template, tmp_path), "fmt", "-check", "-diff", "-recursive").stdout == ""


@pytest.mark.parametrize(
    ("template", "folder"),
    [
        (TemplateName.HTTP, "infra/backend"),
        (TemplateName.HTTP, "infra/local"),
        (TemplateName.HTTP, "infra/production"),
        (TemplateName.SESSIONS, "terraform/environments/production"),
    ],
)
def test_it_is_valid_and_its_own_tests_pass(engine: Any, tmp_path: Path, template: TemplateName, folder: str) -> None:
    root = write(template, tmp_path) / folder
    engine.init(root)
    engine.run(root, "validate", "-no-color")
    engine.test(root, refusals=False)
