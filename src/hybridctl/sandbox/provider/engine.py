"""The life cycle of a resource of any type: validate, plan, apply, read, import. No gRPC here.

Values conform to the schema. Problems are raised; `ProviderRefused` contains the remaining state.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from hybridctl.sandbox.provider.aws import Running
from hybridctl.sandbox.provider.plan import find_changed_names, plan, settle
from hybridctl.sandbox.provider.resource import DataSource, Problem, ResourceChange, ResourceType
from hybridctl.sandbox.provider.schema import SchemaBlock
from hybridctl.sandbox.provider.tags import merge_tags, own_tags
from hybridctl.sandbox.provider.values import UNKNOWN, Values, without_unknown

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")


class ProviderRefused(Problem):
    """An apply that failed half-way; `state` is what exists now (None: nothing)."""

    def __init__(self, problem: Problem, state: Values | None) -> None:
        super().__init__(problem.summary, problem.detail, problem.path)
        self.state = state


@contextmanager
def explain_failures(doing: str, noun: str, name: str) -> Iterator[None]:
    """Turn botocore's errors into a Problem that names the action and the object."""
    what = f"{doing} {noun} ({name})" if name else f"{doing} {noun}"
    try:
        yield
    except ClientError as refusal:
        error = refusal.response.get("Error", {})
        summary = f"{what}: operation {refusal.operation_name}: {error.get('Code')}: {error.get('Message')}"
        raise Problem(summary) from refusal
    except BotoCoreError as failure:
        raise Problem(f"{what}: {failure}", "Is the sandbox running? `hybridctl sandbox status` tells.") from failure
    except Problem:
        raise
    except Exception as bug:
        log.exception("%s", what)
        raise Problem(f"{what}: {type(bug).__name__}: {bug}", "This is a bug of the sandbox's provider.") from bug


class ResourceEngine:
    """One resource type with its schema."""

    def __init__(self, resource: ResourceType, block: SchemaBlock) -> None:
        self.resource = resource
        self.block = block

    def plan(self, config: Values, prior: Values | None, default_tags: dict[str, str]) -> ResourceChange:
        with explain_failures("planning", self.resource.noun, self._name(config)):
            return plan(self.resource, self.block, config, prior, default_tags)

    def read(self, call: Running, state: Values, default_tags: dict[str, str]) -> Values | None:
        """The state as AWS has it now; None when the object is gone."""
        with explain_failures("reading", self.resource.noun, self._name(state)):
            found = self._unless_missing(lambda: self._read_with_tags(call, state))
            return None if found is None else self._overlaid(state, found, default_tags)

    def _read_with_tags(self, call: Running, state: Values) -> Values | None:
        found = self.resource.read(call, state)
        if found is not None and self.resource.tagging is not None and "tags_all" not in found:
            found = {**found, "tags_all": self.resource.tagging.fetch(call.aws, {**state, **found})}
        return found

    def create(self, call: Running, planned: Values, default_tags: dict[str, str]) -> Values:
        """Create the object. Raises ProviderRefused, with a state to be tainted if the object exists nevertheless."""
        wanted = self._merge_plan(planned, default_tags)
        try:
            with explain_failures("creating", self.resource.noun, self._name(wanted)):
                call.allow(wanted.get("timeouts"), "create")
                call.note_created(self.resource.create(call, wanted))
                made = {**wanted, "id": call.identity}
            state = self.read(call, made, default_tags)
            if state is None:
                raise Problem(f"reading {self.resource.noun} ({self._name(made)}): gone right after its creation")
            return state
        except Problem as problem:
            left = None if call.identity is None else {**wanted, "id": call.identity}
            raise ProviderRefused(problem, left) from problem

    def update(self, call: Running, prior: Values, planned: Values, default_tags: dict[str, str]) -> Values:
        """Change the object in place. Raises ProviderRefused with the state after the failure."""
        wanted = self._merge_plan(planned, default_tags)
        changed = find_changed_names(self.block, prior, wanted) - self._unknown_results(planned)
        try:
            if changed - {"timeouts", "tags"}:
                with explain_failures("updating", self.resource.noun, self._name(prior)):
                    call.allow(wanted.get("timeouts"), "update")
                    tagging = self.resource.tagging
                    if changed - {"timeouts", "tags"} - ({"tags_all"} if tagging else set()):
                        self.resource.update(call, prior, wanted, changed)
                    if tagging and "tags_all" in changed:
                        tagging.change(call.aws, prior, wanted)
            state = self.read(call, {**wanted, "id": prior["id"]}, default_tags)
            if state is None:
                raise Problem(f"reading {self.resource.noun} ({self._name(prior)}): gone right after its update")
            return state
        except Problem as problem:
            raise ProviderRefused(problem, self._as_it_is(call, prior, default_tags)) from problem

    def delete(self, call: Running, prior: Values) -> None:
        try:
            with explain_failures("deleting", self.resource.noun, self._name(prior)):
                call.allow(prior.get("timeouts"), "delete")
                self._unless_missing(lambda: self.resource.delete(call, prior))
        except Problem as problem:
            raise ProviderRefused(problem, prior) from problem

    def import_state(self, call: Running, identity: str) -> Values:
        with explain_failures("importing", self.resource.noun, identity):
            return self.block.conform(self.resource.import_state(call, identity))

    def _unless_missing(self, act: Callable[[], Answer]) -> Answer | None:
        try:
            return act()
        except ClientError as refusal:
            if refusal.response.get("Error", {}).get("Code") in self.resource.missing:
                return None
            raise

    def _overlaid(self, state: Values, found: Values, default_tags: dict[str, str]) -> Values:
        values = dict(found)
        if "tags_all" in values and "tags" in self.block.attributes:
            remote = {key: value for key, value in values["tags_all"].items() if not key.startswith("aws:")}
            values |= {"tags_all": remote, "tags": own_tags(default_tags, state, remote)}
        return settle(self.resource, self.block, state, self.block.conform({**state, **values}))

    def _merge_plan(self, planned: Values, default_tags: dict[str, str]) -> Values:
        wanted: Values = without_unknown(planned)
        if "tags_all" in self.block.attributes:
            wanted["tags_all"] = merge_tags(default_tags, wanted["tags"])
        return wanted

    def _unknown_results(self, planned: Values) -> frozenset[str]:
        """Return the names that AWS fills in, which change nothing; tags_all is known by now."""
        return frozenset(name for name, value in planned.items() if value is UNKNOWN and name != "tags_all")

    def _as_it_is(self, call: Running, prior: Values, default_tags: dict[str, str]) -> Values | None:
        try:
            return self.read(call, prior, default_tags)
        except Problem:
            return prior

    def _name(self, values: Values) -> str:
        named = (values.get(name) for name in (*self.resource.names, "id"))
        return next((value for value in named if isinstance(value, str) and value), "")


def read_data(source: DataSource, block: SchemaBlock, call: Running, config: Values) -> Values:
    """The data source's results over its configuration, defaults filled in."""
    with explain_failures("reading", source.noun, ""):
        asked = {**config, **{k: v for k, v in source.defaults.items() if "." not in k and config.get(k) is None}}
        return block.conform({**asked, **source.read(call, asked)})
