"""The life of an object when things go wrong, with a made-up type and no Terraform."""

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from hybridctl.sandbox.key import Key
from hybridctl.sandbox.provider.aws import Clients, ProviderConfiguration, Running, seconds_of
from hybridctl.sandbox.provider.engine import ProviderRefused, ResourceEngine
from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceType
from hybridctl.sandbox.provider.schema import Attribute, SchemaBlock
from hybridctl.sandbox.provider.values import UNKNOWN, Values

TAGS = ["map", "string"]
BLOCK = SchemaBlock(
    {
        "id": Attribute("string", optional=True, computed=True),
        "name": Attribute("string", required=True),
        "note": Attribute("string", optional=True),
        "tags": Attribute(TAGS, optional=True),
        "tags_all": Attribute(TAGS, optional=True, computed=True),
    }
)


def refusal_of(code: str, operation: str = "DoIt") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "because"}}, operation)


class FakeThing(ResourceType):
    """Keeps its objects in a dict; raises `failure` on the way, once there is one."""

    type_name = "aws_thing"
    noun = "Thing"

    def __init__(self) -> None:
        self.objects: dict[str, Values] = {}
        self.failure: Exception | None = None
        self.updates = 0

    def create(self, call: ResourceCall, planned: Values) -> str:
        if planned["name"] in self.objects:
            raise refusal_of("ResourceAlreadyExistsException")
        self.objects[planned["name"]] = {"note": planned["note"], "tags_all": planned["tags_all"]}
        if self.failure is not None:
            call.note_created(planned["name"])
            raise self.failure
        return str(planned["name"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        del call
        if state["id"] not in self.objects:
            raise refusal_of("ResourceNotFoundException")
        return {"name": state["id"], **self.objects[state["id"]]}

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        del call, changed
        self.updates += 1
        self.objects[prior["id"]]["note"] = planned["note"]
        if self.failure is not None:
            raise self.failure

    def delete(self, call: ResourceCall, prior: Values) -> None:
        del call
        if self.objects.pop(prior["id"], None) is None:
            raise refusal_of("ResourceNotFoundException")


@pytest.fixture
def thing() -> FakeThing:
    return FakeThing()


@pytest.fixture
def engine(thing: FakeThing) -> ResourceEngine:
    return ResourceEngine(thing, BLOCK)


def call(stopped: threading.Event | None = None) -> Running:
    clients = Clients("http://127.0.0.1:1", "us-east-1", Key("x", "x"))
    return Running(ProviderConfiguration("us-east-1", clients), stopped or threading.Event())


def make_values(**given: Any) -> Values:
    return BLOCK.conform({"id": UNKNOWN, "name": "n", "tags_all": UNKNOWN, **given})


def test_tags_unknown_in_the_plan_are_merged_when_it_is_applied(engine: ResourceEngine, thing: FakeThing) -> None:
    state = engine.create(call(), make_values(tags={"a": "1"}), {"b": "2"})
    assert thing.objects["n"]["tags_all"] == {"a": "1", "b": "2"}
    assert (state["tags"], state["tags_all"]) == ({"a": "1"}, {"a": "1", "b": "2"})


def test_a_creation_that_fails_half_way_leaves_the_object_to_be_tainted(
    engine: ResourceEngine, thing: FakeThing
) -> None:
    thing.failure = refusal_of("LimitExceededException", "TagThing")
    with pytest.raises(
        ProviderRefused, match=r"creating Thing \(n\): operation TagThing: LimitExceeded.*because"
    ) as caught:
        engine.create(call(), make_values(), {})
    assert caught.value.state is not None
    assert caught.value.state["id"] == "n"


def test_a_creation_refused_at_once_leaves_nothing_in_the_state(engine: ResourceEngine) -> None:
    engine.create(call(), make_values(), {})
    with pytest.raises(ProviderRefused, match="ResourceAlreadyExists") as caught:
        engine.create(call(), make_values(), {})
    assert caught.value.state is None


def test_an_update_that_fails_leaves_the_state_as_aws_has_it(engine: ResourceEngine, thing: FakeThing) -> None:
    prior = engine.create(call(), make_values(note="old"), {})
    thing.failure = refusal_of("ThrottlingException")
    with pytest.raises(ProviderRefused) as caught:
        engine.update(call(), prior, {**prior, "note": "new"}, {})
    assert caught.value.state is not None
    assert caught.value.state["note"] == "new"


def test_a_change_of_terraforms_own_words_alone_asks_nothing_of_aws(engine: ResourceEngine, thing: FakeThing) -> None:
    prior = engine.create(call(), make_values(tags={"a": "1"}), {})
    engine.update(call(), prior, {**prior, "tags": None}, {"a": "1"})
    assert thing.updates == 0


def test_what_is_gone_reads_as_gone_and_deletes_without_complaint(engine: ResourceEngine) -> None:
    state = make_values(id="n", tags_all=None)
    assert engine.read(call(), state, {}) is None
    engine.delete(call(), state)


def test_a_sandbox_that_does_not_answer_is_reported(engine: ResourceEngine, thing: FakeThing) -> None:
    thing.failure = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    with pytest.raises(ProviderRefused, match="Could not connect") as caught:
        engine.create(call(), make_values(), {})
    assert "sandbox status" in caught.value.detail


def test_a_bug_is_a_diagnostic_and_no_crash(engine: ResourceEngine, thing: FakeThing) -> None:
    thing.failure = KeyError("nope")
    with pytest.raises(ProviderRefused, match="KeyError"):
        engine.create(call(), make_values(), {})


def test_waiting_ends_when_terraform_is_interrupted() -> None:
    stopped = threading.Event()
    stopped.set()
    with pytest.raises(Problem, match="waiting for the thing: interrupted"):
        call(stopped).wait(lambda: False, "the thing")


def test_waiting_ends_when_its_time_is_over() -> None:
    waiting = call()
    waiting.allow({"create": "10ms"}, "create")
    with pytest.raises(Problem, match="not there after 0 s"):
        waiting.wait(lambda: False, "the thing")


@pytest.mark.parametrize(("given", "seconds"), [("1h30m", 5400), ("45s", 45), ("1.5m", 90)])
def test_a_timeout_is_a_go_duration(given: str, seconds: float) -> None:
    assert seconds_of(given) == seconds


@pytest.mark.parametrize("odd", ["10", "m", "ten minutes", ""])
def test_an_invalid_duration_is_refused(odd: str) -> None:
    with pytest.raises(Problem, match="not a duration"):
        seconds_of(odd)
