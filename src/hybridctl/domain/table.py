"""A DynamoDB table as AWS tells it: how it is paid for, how large it is, and what protects it."""

from hybridctl.values import dataclass

ON_DEMAND = "PAY_PER_REQUEST"
PROVISIONED = "PROVISIONED"


@dataclass(frozen=True, slots=True)
class TablePart:
    """The table (`index` None) or one of its indexes; `read` and `write` are units a second, 0 on demand."""

    index: str | None
    read: int
    write: int
    bytes: int
    projection: str = "ALL"
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class TableSettings:
    """What decides whether a table serves: its status (ACTIVE when it does), billing, and the attribute of its TTL.

    `expires_by` is None while items do not expire; `ttl` is DynamoDB's own word, "" where nobody asked.
    """

    billing: str
    status: str = "ACTIVE"
    ttl: str = ""
    expires_by: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One table with its indexes, the table first."""

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
