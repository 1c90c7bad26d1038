"""Each case of `handler.attacks`: the answer that docs/attacks.md states, and the sessions afterwards."""

import json

import pytest

from handler.attacks import Scene
from handler.attacks.ids import IDS
from handler.attacks.page import GROUPS, PROVIDER_MODE
from handler.fakes import LOGIN
from handler.provider_site import provider_site

CASES = [(group, attack) for group in GROUPS for attack in group.attacks]
TWO_READS = ("BatchGetItem", "GetItem")
TOKEN = LOGIN["oauth_tokens"]["access_token"]


@pytest.fixture
def scene(dynamodb):
    with provider_site() as site:
        yield Scene(dynamodb, site)


@pytest.mark.parametrize(("group", "attack"), CASES, ids=[f"{group.title}: {attack.name}" for group, attack in CASES])
def test_the_answer_is_the_one_that_the_page_states(scene, group, attack):
    answered = attack.send(scene)
    assert (answered.status, attack.look(scene, answered)) == (attack.status, attack.answer)
    assert len(scene.find_made()) == attack.made
    logged = "".join(scene.logged)
    if "session_id" not in answered.text:
        assert not [own for own in scene.own if own in answered.text]
    assert not [secret for secret in (TOKEN, *scene.own) if secret in logged]
    assert "Traceback" not in answered.text
    if "ann" in vars(scene):
        assert scene.handler.is_valid(scene.ann) is attack.ann


def test_no_5xx_is_stated_but_for_a_provider_that_fails():
    stated = {group.title for group, attack in CASES if attack.status >= 500}
    assert stated == {"A provider that is broken, slow or not itself"}


def test_every_case_has_a_name_of_its_own():
    names = [(group.title, attack.name) for group, attack in CASES]
    assert len(set(names)) == len(names)


def test_every_refusal_is_the_same_bytes_after_the_same_reads(dynamodb):
    seen = set()
    for attack in (one for one in IDS.attacks if one.answer == "valid: false"):
        with provider_site() as site:
            answered = attack.send(Scene(dynamodb, site))
        seen.add((answered.status, answered.text, json.dumps(answered.headers), tuple(dynamodb.names())))
    ((_, text, _, calls),) = seen
    assert (text, calls) == ('{"valid":false}', TWO_READS)


def test_every_kind_of_401_is_the_same_bytes_after_the_same_reads(dynamodb):
    seen, calls = set(), []
    for attack in (one for one in IDS.attacks if one.answer == "unauthenticated"):
        with provider_site() as site:
            answered = attack.send(Scene(dynamodb, site))
        seen.add((answered.status, answered.text, json.dumps(answered.headers)))
        calls.append(tuple(dynamodb.names()))
    assert len(seen) == 1
    assert set(calls) == {(), TWO_READS}
    assert calls.count(()) == 2  # where nothing was sent that could be an id


def test_after_all_sign_ins_the_table_holds_the_sessions_of_the_proven_and_no_other(dynamodb):
    given, stated = set(), 0
    for group in PROVIDER_MODE:
        for attack in group.attacks:
            with provider_site() as site:
                answered = attack.send(Scene(dynamodb, site))
            stated += attack.made
            given |= {answered.body["session_id"]} if answered.status == 201 else set()
    with provider_site() as site:
        assert set(Scene(dynamodb, site).find_made()) == given
    assert len(given) == stated
