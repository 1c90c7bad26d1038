"""The contract between the engine and a resource type or data source.

A resource file defines subclasses of `ResourceType` and lists one instance of each in the module's `RESOURCES` (data
sources in `DATA_SOURCES`). `registry.MODULES` names the file. `logs.py` is a short, complete example.

Class attributes (a *path* is the name of an argument; inside blocks it has dots and no index, as "ttl.enabled"):
- `type_name`; `noun` ("Lambda Function", for diagnostics); `names`: arguments that identify the object in a diagnostic.
- `implements`: top-level arguments and blocks that the sandbox supports. If the HCL sets another one of the schema, it
  is refused by name. Do not list `tags`, `tags_all`, `timeouts` and `id`: the engine handles them.
- `refuses`: paths inside an implemented block that are not supported.
- `defaults`: path -> the real provider's default (Default in its schema).
- `force_new`: paths whose change replaces the object.
- `computed_blocks`: blocks that are also computed: without HCL they are unknown at creation, and kept afterwards.
- `equal`: path -> `same(old, new)`. True means no difference, so the old value stays (`values.json_same` for policies).
  `new` is None if the HCL does not set the argument.
- `choices`: path -> the allowed values. `conflicts`: names of which at most one may be set.
- `ranges`: path -> minimum and maximum of a number (None: no maximum). `lengths`: the same for the length of a text.
  `patterns`: argument -> what it is ("topic name"), and a regular expression for the whole text.
- `documents`: JSON argument -> how the real provider formats it (`json_text.normalise`, `version_first`).
- `aws_names`: path -> AWS's member, if it is not the same name in CamelCase.
- `unreported`: names that AWS does not return, or that `read` derives from something else. `report` omits them.
- `tagging`: how to read and change tags. The engine does both, after `read` and after `update`.
- `missing`: AWS error codes that mean that the object does not exist: `read` reports it as gone, `delete` succeeds.

Methods. Values are dicts as in Terraform: they contain every name of the schema, null is None, a block is a list of
dicts. Only `config` in `validate` and the members of `ResourceChange` contain UNKNOWN.
- `create(call, planned) -> id`. Call `call.note_created(id)` as soon as the object exists if more steps follow: if one
  fails, Terraform keeps the object as tainted. Use `planned["tags_all"]` for tags, never `planned["tags"]`.
  `self.request(planned)` returns the members of all implemented arguments that are set.
- `read(call, state) -> values, or None if it is gone`. `state["id"]` is set. The values replace those of `state`; leave
  out only arguments that AWS does not return (skip_destroy, filename), because drift and imports depend on the rest.
  `self.report(answer)` returns every attribute and every implemented block of AWS's answer. The engine reads after
  create and update.
- `update(call, prior, planned, changed)`: `changed` contains the top-level names that differ. The default refuses.
  `self.changes(planned, changed)` returns the members of the implemented arguments among them.
- `delete(call, prior)`.
- `import_state(call, id) -> values` that `read` needs; the default is {"id": id}.
- `validate(config) -> problems` that the real provider reports before it plans. Values may be UNKNOWN.
- `customize(change)`: changes the plan at the end, see `ResourceChange`.
botocore's errors may pass through everywhere: the engine adds operation, object and code. Raise `Problem` otherwise.
Threads share the instances, so they must not keep state.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from hybridctl.sandbox.provider.members import member_of, read_members, write_members
from hybridctl.sandbox.provider.schema import SchemaBlock, read_vendored
from hybridctl.sandbox.provider.tag_calls import TagCalls
from hybridctl.sandbox.provider.values import UNKNOWN, Same, Values, same

Path = tuple[str | int, ...]
Bounds = tuple[int, int | None]
ENGINES = frozenset({"id", "tags", "tags_all", "timeouts"})  # names that the engine takes care of


class Problem(Exception):
    """One error diagnostic: `path` points at the argument, as ("ttl", 0, "enabled")."""

    def __init__(self, summary: str, detail: str = "", path: Path = ()) -> None:
        super().__init__(summary)
        self.summary = summary
        self.detail = detail
        self.path = path


class ResourceCall(Protocol):
    """What create, read, update, delete and import can use."""

    region: str
    partition: str

    @property
    def account(self) -> str:
        """The account's id; STS is called once."""

    def aws(self, service: str) -> Any:
        """Return the botocore client of `service`, created once."""

    def note_created(self, identity: str) -> None:
        """Note that the object exists under this id, whatever happens next."""

    def wait(self, ready: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
        """Wait until `ready` is true. Raises Problem if stopped, or after `seconds` or the timeout in the HCL."""


@dataclass
class ResourceChange:
    """One planned change: `prior` is None at creation; `planned` may be changed; `config` contains only the HCL."""

    config: Values
    prior: Values | None
    planned: Values
    replace: set[Path] = field(default_factory=set)

    @property
    def is_create(self) -> bool:
        return self.prior is None

    def differs(self, *names: str) -> bool:
        """Return whether this is an update that changes one of these top-level values."""
        prior = self.prior
        return prior is not None and any(not same(prior.get(name), self.planned.get(name)) for name in names)

    def recompute(self, *names: str) -> None:
        """Mark results as known after apply."""
        self.planned.update(dict.fromkeys(names, UNKNOWN))


class SchemaType:
    """What resource types and data sources both declare. See the module's docstring."""

    type_name: str = ""
    noun: str = ""
    implements: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()
    defaults: ClassVar[Mapping[str, Any]] = {}
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    conflicts: tuple[tuple[str, ...], ...] = ()
    ranges: ClassVar[Mapping[str, Bounds]] = {}
    lengths: ClassVar[Mapping[str, Bounds]] = {}
    patterns: ClassVar[Mapping[str, tuple[str, str]]] = {}
    documents: ClassVar[Mapping[str, Callable[[str], str]]] = {}

    def validate(self, config: Values) -> Iterable[Problem]:
        del config
        return ()


class ResourceType(SchemaType):
    """A resource type."""

    names: tuple[str, ...] = ("name",)
    force_new: frozenset[str] = frozenset()
    computed_blocks: frozenset[str] = frozenset()
    equal: ClassVar[Mapping[str, Same]] = {}
    missing: frozenset[str] = frozenset({"ResourceNotFoundException"})
    aws_names: ClassVar[Mapping[str, str]] = {}
    unreported: frozenset[str] = frozenset()
    tagging: TagCalls | None = None

    @property
    def block(self) -> SchemaBlock:
        return read_vendored().resources[self.type_name].block

    def request(self, planned: Values, arguments: Iterable[str] = ()) -> dict[str, Any]:
        """The members of a request that the named arguments set, unless named all that are implemented."""
        return write_members(self.block, planned, self.aws_names, arguments or self.implements)

    def changes(self, planned: Values, changed: Iterable[str]) -> dict[str, Any]:
        """The members that change these arguments; the zero value of its type for one that was taken away."""
        names = self.implements.intersection(changed)
        empty = {member_of(name, self.aws_names): self._empty(name) for name in names if planned[name] in (None, "")}
        return empty | (self.request(planned, names) if names else {})

    def _empty(self, name: str) -> Any:
        attribute = self.block.attributes.get(name)
        return False if attribute and attribute.type == "bool" else ""

    def report(self, answer: Mapping[str, Any]) -> Values:
        """What AWS's answer says of this object."""
        skip = self.unreported | ENGINES | (self.block.blocks.keys() - self.implements)
        return read_members(self.block, answer, self.aws_names, skip)

    def customize(self, change: ResourceChange) -> None:
        del change

    def create(self, call: ResourceCall, planned: Values) -> str:
        raise NotImplementedError

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        raise NotImplementedError

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        del call, prior, planned
        raise Problem(
            f"updating {self.noun}: no way to change it in place", f"{self.type_name}: {', '.join(sorted(changed))}"
        )

    def delete(self, call: ResourceCall, prior: Values) -> None:
        raise NotImplementedError

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        return {"id": identity}


class DataSource(SchemaType):
    """A data source: `read` gives its results."""

    def read(self, call: ResourceCall, config: Values) -> Values:
        raise NotImplementedError
