"""What a release says of where it comes from."""

import json

from fakes import FakeBackend, FakeCheckout
from fakes.backend import NEW_CODE
from fakes.functions import FakeHandler

DOUBT = "git does not trust this checkout"


def test_an_unknown_commit_is_said_and_recorded(hybridctl):
    backend = FakeBackend.deployed(1)
    backend.terraform.planned, backend.terraform.publishes = NEW_CODE, FakeHandler(2)
    checkout = FakeCheckout(git_doubt=DOUBT)
    ran = hybridctl("--output", "json", "deploy", "local", backend=backend, checkout=checkout)
    assert json.loads(ran.out)["release"]["source"]["doubt"] == DOUBT
    assert f"note: the record cannot say whether this is the commit's code: {DOUBT}" in ran.err
    assert "01234567?" in hybridctl("releases", "local", backend=backend, checkout=checkout).out


def test_doctor_warns_of_it(hybridctl):
    from fakes import FakePrerequisites

    ran = hybridctl("doctor", "local", prerequisites=FakePrerequisites(doubt=DOUBT), width=200)
    assert f"releases cannot name their commit: {DOUBT}" in ran.out
