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
- `missing`: AWS error codes that mean the object is not there: a read then reports it gone, a delete is done.

Written (values are dicts as Terraform knows them: every name of the schema is there, null is None, a block is a list of
dicts; nothing is UNKNOWN but in `validate`'s config and in `Change`):
- `create(call, planned) -> id`. Call `call.note_created(id)` once the object exists, if more is to be done: should that
  fail, Terraform then keeps the object as tainted. Use `planned["tags_all"]` for tags, never `planned["tags"]`.
- `read(call, state) -> values or None when gone`. `state["id"]` is set; the values overlay `state`, so an argument that
  AWS does not tell (skip_destroy, filename) may be left out; all else belongs in it, for drift and import are seen here
  alone. Give "tags_all" as AWS has the tags; the engine takes `tags` from it. The engine reads after create and update.
- `update(call, prior, planned, changed)`: `changed` has the top-level names that differ. The default refuses.
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

from hybridctl.sandbox.provider.values import UNKNOWN, Same, Values, same

Path = tuple[str | int, ...]


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

    def force_replace(self, *path: str | int) -> None:
        """Makes this a replacement because of what is at `path`."""
        self.replace.add(path)


class ResourceType:
    """A resource type. See the module's text."""

    type_name: str = ""
    noun: str = ""
    names: tuple[str, ...] = ("name",)
    implements: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()
    defaults: ClassVar[Mapping[str, Any]] = {}
    force_new: frozenset[str] = frozenset()
    computed_blocks: frozenset[str] = frozenset()
    equal: ClassVar[Mapping[str, Same]] = {}
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    conflicts: tuple[tuple[str, ...], ...] = ()
    missing: frozenset[str] = frozenset({"ResourceNotFoundException"})

    def validate(self, config: Values) -> Iterable[Problem]:
        del config
        return ()

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


class DataSource:
    """A data source: `read` gives its results; `implements`, `refuses`, `defaults`, `choices` as for a resource."""

    type_name: str = ""
    noun: str = ""
    implements: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()
    defaults: ClassVar[Mapping[str, Any]] = {}
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    conflicts: tuple[tuple[str, ...], ...] = ()

    def validate(self, config: Values) -> Iterable[Problem]:
        del config
        return ()

    def read(self, call: ResourceCall, config: Values) -> Values:
        raise NotImplementedError
