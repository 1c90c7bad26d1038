"""DynamoDB tables as AWS describes them: billing mode, size, and protection."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ON_DEMAND = "PAY_PER_REQUEST"
PROVISIONED = "PROVISIONED"


@dataclass(frozen=True, slots=True)
class TablePart:
    """The table (`index` is None) or one of its indexes. `read` and `write` are units per second, 0 on demand."""

    index: str | None
    read: int
    write: int
    bytes: int
    projection: str = "ALL"
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class TableSettings:
    """The settings that affect whether a table works: status (ACTIVE if it does), billing mode, and TTL attribute.

    `expires_by` is None if items do not expire. `ttl` is DynamoDB's own status, "" if it was not read. `unusable` are
    the indexes that cannot be read, each with its status: CREATING, also while it is filled, or DELETING.
    """

    billing: str
    status: str = "ACTIVE"
    ttl: str = ""
    expires_by: str | None = None
    unusable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its indexes; the first part is the table itself."""

    name: str
    billing: str
    parts: tuple[TablePart, ...]
    items: int = 0
    protected: bool = False
    recovery: bool = False

    @property
    def is_provisioned(self) -> bool:
        return self.billing == PROVISIONED

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.parts)
