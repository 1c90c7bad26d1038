"""What a resource type or data source is to the engine: declare facts, write create, read, update and delete.

A resource file defines subclasses of `Resource` and lists one instance of each in its module's `RESOURCES` (of data
sources: `DATA_SOURCES`); `registry.MODULES` names the file. `logs.py` is the shortest complete example.

Declared (class attributes; a *path* is an argument's name, inside blocks dotted without index, as "ttl.enabled"):
- `type_name`, `noun` ("Lambda Function", for diagnostics), `names` (arguments that tell the object in a diagnostic);
- `implements`: the arguments and blocks at the top level that the sandbox carries out. Any other that the schema has
  is refused by name when the HCL sets it. `tags`, `tags_all`, `timeouts` and `id` are the engine's and need no mention;
- `refuses`: the same for paths inside an implemented block;
- `defaults`: path -> what the real provider fills in when the HCL is silent (its schema's Default);
- `force_new`: paths whose change replaces the object;
- `computed_blocks`: blocks that are also computed: without HCL they are unknown at creation, then kept;
- `equal`: path -> `same(old, new)`; true means no difference, the old value stays (`values.json_same` for policies);
  `new` is None where the HCL is silent;
- `choices`: path -> the only values; `conflicts`: names of which at most one may be set;
- `ranges`: path -> least and most of a number (None: no bound); `lengths`: the same of a text; `patterns`: argument ->
  what it is ("topic name") and the regular expression of the whole text;
- `documents`: argument that is JSON -> how the real provider spells it (`json_text.normalise`, `version_first`);
- `aws_names`: path -> the member of AWS's requests and answers, where it is not the same in CamelCase;
- `unreported`: names that AWS does not tell, or that `read` makes out of something else: `report` leaves them out;
- `tagging`: how tags are read and changed. The engine does both, after `read` and after `update`;
- `missing`: AWS error codes that mean the object is not there: a read then reports it gone, a delete is done.

Written (values are dicts as Terraform knows them: every name of the schema is there, null is None, a block is a list of
dicts; nothing is UNKNOWN but in `validate`'s config and in `Change`):
- `create(call, planned) -> id`. Call `call.note_created(id)` once the object exists, if more is to be done: should that
  fail, Terraform then keeps the object as tainted. Use `planned["tags_all"]` for tags, never `planned["tags"]`.
  `self.request(planned)` has the members of all implemented arguments that are set.
- `read(call, state) -> values or None when gone`. `state["id"]` is set; the values overlay `state`, so an argument that
  AWS does not tell (skip_destroy, filename) may be left out; all else belongs in it, for drift and import are seen here
  alone. `self.report(answer)` has every attribute and every implemented block out of AWS's answer. The engine reads
  after create and update.
- `update(call, prior, planned, changed)`: `changed` has the top-level names that differ. The default refuses.
  `self.changes(planned, changed)` has the members of implemented arguments among them.
- `delete(call, prior)`.
- `import_state(call, id) -> values`: what `read` needs; default {"id": id}.
- `validate(config) -> problems`: what the real one refuses before it plans. Values may be UNKNOWN.
- `customize(change)`: the last word on a plan, see `Change`.
Botocore errors may pass through everywhere: the engine names operation, object and code. Raise `Problem` for the rest.
Instances are shared by threads: keep no state in them.
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
    """What create, read, update, delete and import may ask for while they run."""

    region: str
    partition: str

    @property
    def account(self) -> str:
        """The account's id, asked of STS once."""

    def aws(self, service: str) -> Any:
        """The boto3 client of `service`, made once."""

    def note_created(self, identity: str) -> None:
        """Notes that the object exists under this id, whatever happens next."""

    def wait(self, ready: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
        """Asks `ready` until it is true. Raises Problem when stopped, or after `seconds` or what HCL's timeouts say."""


@dataclass
class ResourceChange:
    """One planned change: `prior` is None at creation; `planned` may be altered, `config` is the HCL alone."""

    config: Values
    prior: Values | None
    planned: Values
    replace: set[Path] = field(default_factory=set)

    @property
    def is_create(self) -> bool:
        return self.prior is None

    def differs(self, *names: str) -> bool:
        """True when this is an update and one of these top-level values changes."""
        prior = self.prior
        return prior is not None and any(not same(prior.get(name), self.planned.get(name)) for name in names)

    def recompute(self, *names: str) -> None:
        """Marks results as known after apply only."""
        self.planned.update(dict.fromkeys(names, UNKNOWN))


class SchemaType:
    """What resource types and data sources declare alike. See the module's text."""

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
        """The members that change these arguments; "" for one that was taken away."""
        names = self.implements.intersection(changed)
        empty = {member_of(name, self.aws_names): "" for name in names if planned[name] in (None, "")}
        return empty | (self.request(planned, names) if names else {})

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
