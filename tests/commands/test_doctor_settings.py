"""doctor compares hybridctl.toml with what is deployed."""

from dataclasses import replace

import pytest

from fakes import FakeBackend
from fakes.settings import FUNCTION


@pytest.mark.parametrize(
    ("change", "both"),
    [
        ({"architecture": "x86_64"}, "the architecture is arm64, but x86_64 is deployed"),
        ({"runtime": "python3.12"}, "the runtime is python3.13, but python3.12 is deployed"),
        ({"handler": "main.handle"}, "the handler is backend.entry.handle, but main.handle is deployed"),
    ],
)
def test_a_difference_to_the_deployed_function_fails_and_names_both(hybridctl, change, both):
    backend = FakeBackend.deployed(1)
    backend.function_settings.live = replace(FUNCTION, **change)
    ran = hybridctl("doctor", "local", backend=backend, width=300)
    assert ran.code == 5
    assert both in ran.out


def test_another_alias_is_named(hybridctl):
    backend = FakeBackend.deployed(1)
    backend.state.values = {**backend.state.values, "lambda_alias_name": "serving"}
    assert "the alias is live, but serving is deployed" in hybridctl("doctor", "local", backend=backend, width=300).out


def test_agreement_is_ok(hybridctl):
    ran = hybridctl("doctor", "local", backend=FakeBackend.deployed(1), width=300)
    assert "python3.13, arm64, backend.entry.handle, as deployed" in ran.out
