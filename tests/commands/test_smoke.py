"""`hybridctl smoke`, whole, on fakes."""

from pathlib import Path

from fakes import FakeBackend, FakeCheckout


def test_smoke_asks_the_public_endpoint(hybridctl, golden):
    golden("smoke-green.txt", hybridctl("smoke", backend=FakeBackend.deployed(1)).transcript)


def test_a_red_check_says_what_was_wrong(hybridctl, golden):
    backend = FakeBackend.deployed(1)
    backend.probe.broken = {1: {"GET /auth/sessions", "POST /auth/session"}}
    golden("smoke-red.txt", hybridctl("smoke", backend=backend).transcript)


def test_one_version_can_be_asked_without_traffic(hybridctl):
    backend = FakeBackend.deployed(1, 2, live=1)
    ran = hybridctl("smoke", "--version", "2", backend=backend)
    assert (ran.code, "version 2" in ran.out) == (0, True)
    assert hybridctl("smoke", "--version", "7", backend=backend).code == 3


def test_smoke_before_any_deploy_is_not_found(hybridctl, golden):
    golden("smoke-not-deployed.txt", hybridctl("smoke", backend=FakeBackend()).transcript)


def test_junit_names_each_check(hybridctl):
    checkout = FakeCheckout()
    backend = FakeBackend.deployed(1)
    backend.probe.broken = {1: {"GET /auth/sessions"}}
    ran = hybridctl("smoke", "--junit", "smoke.xml", backend=backend, checkout=checkout)
    assert ran.code == 5
    xml = checkout.written[Path("smoke.xml")]
    assert 'tests="9" failures="1"' in xml
    assert '<testcase classname="http://127.0.0.1:4566/_aws/execute-api/abc/local" name="device list"' in xml


def test_where_a_session_needs_proof_it_is_created_directly(hybridctl):
    backend = FakeBackend.deployed(1)
    assert backend.state.values is not None
    backend.state.values["token_verification"] = "provider"
    backend.probe.broken = {1: {"POST /auth/session"}}  # the public route has no proof to go by
    assert hybridctl("smoke", backend=backend).code == 0
