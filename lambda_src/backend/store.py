"""Sessions in DynamoDB.

Two kinds of item share the table: a session under its own id, and under `user#<user_id>` the epoch of a user,
which counts the log-outs everywhere. A session carries the epoch it was born in and is dead once they differ,
so logging out everywhere is one write, in force at the next validation, and no index (eventually consistent,
always) has a say in it.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from backend.aws.client import ServiceError
from backend.aws.connections import NoAnswer
from backend.items import Item, epoch_key, epoch_of, item_of, key_of, session_of
from backend.replies import Unavailable
from backend.sessions import Session

_BATCH = 25
# Logging out everywhere has taken effect before the clean-up begins; what this leaves, TTL removes.
_CLEAN_UP_LIMIT = 100
_REMEMBERED = 1000


class DynamoDB(Protocol):
    """Any operation of the service by its name; raises ServiceError or NoAnswer."""

    def __call__(self, operation: str, **parameters: Any) -> dict[str, Any]: ...


class Store:
    """Every method raises Unavailable (503) when DynamoDB throttles, times out or is out of order."""

    def __init__(self, client: DynamoDB, *, table: str, index: str) -> None:
        self._client = client
        self._table = table
        self._index = index
        # Whose a session is never changes, so a warm container may know it beforehand and read session and epoch
        # in one round trip. It saves a trip and decides nothing: both items are read again each time.
        self._owners: dict[str, str] = {}

    def find_active(self, session_id: str, is_active: Callable[[Session, int], bool]) -> Session | None:
        """The session if `is_active(session, epoch of its user)`; all reads are strongly consistent.

        A "no" always costs two round trips, whatever its reason, so that its timing tells nothing.
        """
        known = self._owners.get(session_id)
        guess = epoch_key(session_id if known is None else known)
        items = self._read(session_id, guess)
        session = session_of(items.get(session_id, {}))
        if session is not None and session.user_id == known and is_active(session, epoch_of(items.get(guess, {}))):
            return session
        epoch = self.epoch(session_id if session is None else session.user_id)
        if session is None or not is_active(session, epoch):
            return None
        self._remember(session)
        return session

    def epoch(self, user_id: str) -> int:
        """How often the user has logged out everywhere."""
        return epoch_of(self._get(epoch_key(user_id)))

    def add(self, session: Session) -> bool:
        """Write a new session; False when the id is taken, as it is after a retry of a write that did arrive."""
        return self._change(
            "PutItem",
            Item=item_of(session),
            ConditionExpression="attribute_not_exists(session_id)",
        )

    def touch(self, session: Session, now: int) -> bool:
        """Note that the session was seen; False when it is gone, and then it stays gone."""
        return self._change(
            "UpdateItem",
            Key=key_of(session.id),
            UpdateExpression="SET last_seen_at = :now",
            ConditionExpression="attribute_exists(session_id)",
            ExpressionAttributeValues={":now": {"N": str(now)}},
        )

    def of_user(self, user_id: str, limit: int) -> list[Session]:
        """At most `limit` of the user's sessions, newest first, active or not, as the index shows them by now."""
        found: list[Session] = []
        start: dict[str, Any] = {}
        while len(found) < limit:
            page = self._call(
                "Query",
                TableName=self._table,
                IndexName=self._index,
                KeyConditionExpression="user_id = :user",
                ExpressionAttributeValues={":user": {"S": user_id}},
                ScanIndexForward=False,
                Limit=limit,
                **start,
            )
            found += [session for item in page.get("Items", []) if (session := session_of(item)) is not None]
            if "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        return found[:limit]

    def remove(self, session_id: str) -> None:
        self._call("DeleteItem", TableName=self._table, Key=key_of(session_id))

    def end_epoch(self, session: Session, now: int) -> None:
        """Log the user of `session` out everywhere, in one write.

        The condition makes it happen once for the epoch that the caller was seen in: a write repeated after a
        timeout, or a second device that asks for the same, finds it done.
        """
        self._change(
            "UpdateItem",
            Key=key_of(epoch_key(session.user_id)),
            UpdateExpression="SET epoch = :next, revoked_at = :now",
            ConditionExpression="attribute_not_exists(epoch) OR epoch = :seen",
            ExpressionAttributeValues={
                ":next": {"N": str(session.epoch + 1)},
                ":seen": {"N": str(session.epoch)},
                ":now": {"N": str(now)},
            },
        )

    def clean_up(self, user_id: str, ended_epoch: int) -> None:
        """Delete what the user had up to `ended_epoch`, as far as the index shows it; nothing depends on it."""
        dead = [s.id for s in self.of_user(user_id, _CLEAN_UP_LIMIT) if s.epoch <= ended_epoch]
        self.remove_all(dead)

    def remove_all(self, session_ids: Iterable[str]) -> None:
        """Delete sessions in batches; what a throttled batch leaves behind is not tried again."""
        ids = list(session_ids)
        for at in range(0, len(ids), _BATCH):
            deletes = [{"DeleteRequest": {"Key": key_of(gone)}} for gone in ids[at : at + _BATCH]]
            self._call("BatchWriteItem", RequestItems={self._table: deletes})

    def ping(self) -> None:
        """Read from the table, to see that it answers; raises Unavailable whatever is wrong."""
        try:
            self._client("GetItem", TableName=self._table, Key=key_of("health"))
        except (ServiceError, NoAnswer) as cause:
            raise Unavailable("table_unavailable", "the sessions table does not answer") from cause

    def _read(self, *keys: str) -> dict[str, Item]:
        request = {"Keys": [key_of(key) for key in keys], "ConsistentRead": True}
        answer = self._call("BatchGetItem", RequestItems={self._table: request})
        items = {item["session_id"]["S"]: item for item in answer.get("Responses", {}).get(self._table, [])}
        # A batch that is throttled in part says so here, and the client does not try again; a single read it does.
        for left in answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", []):
            items[left["session_id"]["S"]] = self._get(left["session_id"]["S"])
        return items

    def _get(self, key: str) -> Item:
        answer = self._call("GetItem", TableName=self._table, Key=key_of(key), ConsistentRead=True)
        item: Item = answer.get("Item", {})
        return item

    def _remember(self, session: Session) -> None:
        if len(self._owners) >= _REMEMBERED:
            self._owners.pop(next(iter(self._owners)))
        self._owners[session.id] = session.user_id

    def _change(self, operation: str, **parameters: Any) -> bool:
        try:
            self._call(operation, TableName=self._table, **parameters)
        except ServiceError as error:
            if error.code == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """The answer; what may pass by itself becomes Unavailable, what is our own fault goes on as it is."""
        try:
            return self._client(operation, **parameters)
        except NoAnswer as error:
            raise Unavailable("store_unavailable", "the session store does not answer; try again") from error
        except ServiceError as error:
            if error.is_passing:
                raise Unavailable("store_unavailable", "the session store is busy; try again") from error
            raise
