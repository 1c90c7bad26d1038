"""The sessions table, and the rules of its function."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import code, explain_failures
from hybridctl.adapters.aws.server_time import read_server_time
from hybridctl.adapters.aws.session_items import epoch_key, epoch_of, id_of, key_of, page_of, session_of, user_of
from hybridctl.domain.function import find_unread_variables
from hybridctl.domain.sessions import (
    Counted,
    Cursor,
    DeadPage,
    SessionPage,
    SessionReading,
    SessionRules,
    TimeToLive,
    shorten_id,
)
from hybridctl.errors import AwsRefused, HybridctlError, NotDeployed, OutcomeUnknown

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_lambda import LambdaClient

_INDEX = "by_user"
_PAGE = 1000
_BATCH_READ = 100  # the limit of BatchGetItem
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
_BUSY = {
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
}


@dataclass(eq=False, repr=False)
class DynamoSessions:
    """The table `table`, and the alias `alias` of the function `function`. Clients are opened on first use."""

    open_client: Callable[[], "DynamoDBClient"]
    open_lambda: Callable[[], "LambdaClient"]
    table: str
    function: str
    alias: str

    def rules(self) -> SessionRules:
        """Return the live function's idle limit, or the handler's default if it is not set or cannot be read."""
        try:
            with explain_failures(f"reading the environment of {self.function}:{self.alias}"):
                answer = self.open_lambda().get_function_configuration(FunctionName=self.function, Qualifier=self.alias)
        except AwsRefused as error:
            return SessionRules(source=f"the handler's default, because of {error}")
        if unread := find_unread_variables(answer):
            return SessionRules(source=f"the handler's default, because the function's variables are hidden: {unread}")
        idle = answer.get("Environment", {}).get("Variables", {}).get("SESSION_IDLE_SECONDS", "")
        if idle.isascii() and idle.isdigit() and int(idle) > 0:
            return SessionRules(int(idle), f"SESSION_IDLE_SECONDS of {self.function}:{self.alias}")
        return SessionRules()

    def time_to_live(self) -> TimeToLive:
        with self._reaching("reading the TTL setting of"):
            description = self.open_client().describe_time_to_live(TableName=self.table)["TimeToLiveDescription"]
        return TimeToLive(description.get("TimeToLiveStatus", "DISABLED"), description.get("AttributeName"))

    def read(self, session_id: str) -> SessionReading:
        """Read the item with this id, with a consistent read."""
        with self._reaching(f"reading session {shorten_id(session_id)} from"):
            answer: Any = self.open_client().get_item(TableName=self.table, Key=key_of(session_id), ConsistentRead=True)
        item = answer.get("Item")
        return SessionReading(session_of(item or {}), item is not None, read_server_time(answer))

    def epoch(self, user_id: str) -> int | None:
        """Return how many times the user has logged out everywhere, with a consistent read; None means never."""
        with self._reaching("reading the epoch of a user from"):
            key = key_of(epoch_key(user_id))
            item = self.open_client().get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return None if item is None else epoch_of(item)

    def epochs(self, user_ids: Sequence[str]) -> Mapping[str, int]:
        """Return the epochs of these users. Users without an epoch are left out."""
        counts: dict[str, int] = {}
        for at in range(0, len(user_ids), _BATCH_READ):
            keys: Any = [key_of(epoch_key(user)) for user in user_ids[at : at + _BATCH_READ]]
            with self._reaching("reading the epochs of users from"):
                answer: Any = self.open_client().batch_get_item(RequestItems={self.table: {"Keys": keys}})
            for item in answer["Responses"].get(self.table, []):
                counts[user_of(item)] = epoch_of(item)
            # Throttled in part. botocore retries whole requests, so a single read is retried but not the rest of a
            # batch.
            for key in answer.get("UnprocessedKeys", {}).get(self.table, {}).get("Keys", []):
                user = user_of(key)
                if (epoch := self.epoch(user)) is not None:
                    counts[user] = epoch
        return counts

    def of_user(self, user_id: str, after: Cursor | None = None, *, limit: int | None = None) -> SessionPage:
        """Return a page of the user's sessions from the index, newest first, eventually consistent.

        Without `limit`, a page is as large as DynamoDB allows, which is 1 MB.
        """
        with self._reaching("listing the sessions of a user in"):
            most: Any = {"Limit": limit} if limit else {}
            return page_of(
                self.open_client().query(**self._by_user(user_id), ScanIndexForward=False, **most, **_from(after))
            )

    def count_of_user(self, user_id: str) -> Counted:
        """Count the user's items in the index with one request. It covers some thousands; `cut` is true if there are
        more.
        """
        with self._reaching("counting the sessions of a user in"):
            answer = self.open_client().query(**self._by_user(user_id), Select="COUNT")
        return Counted(answer["Count"], cut=bool(answer.get("LastEvaluatedKey")))

    def dead_of_user(self, user_id: str, epoch: int, after: Cursor | None = None) -> DeadPage:
        """Return a page of the user's sessions in the index that are older than `epoch`, newest first."""
        with self._reaching("listing the revoked sessions of a user in"):
            # Only the attributes that are needed: botocore takes longer for the rest of an item than for its deletion.
            answer = self.open_client().query(
                **self._by_user(user_id),
                ProjectionExpression="session_id, epoch, expires_at",
                ScanIndexForward=False,
                **_from(after),
            )
        dead = [id_of(item) for item in answer.get("Items", []) if "expires_at" in item and epoch_of(item) < epoch]
        return DeadPage(dead, answer.get("LastEvaluatedKey") or None)

    def scan(self, limit: int, after: Cursor | None = None) -> SessionPage:
        """Return a page of at most `limit` items of the whole table, in no order, eventually consistent."""
        with self._reaching("scanning"):
            return page_of(self.open_client().scan(TableName=self.table, Limit=min(limit, _PAGE), **_from(after)))

    def raise_epoch(self, user_id: str, seen: int, at: datetime) -> bool:
        """Log the user out everywhere with one write. Return False if the epoch is no longer `seen`, because someone
        else raised it.

        The write and its condition are the same as in the handler (lambda_src/backend/store.py).
        """
        from botocore.exceptions import ClientError

        with self._reaching("logging a user out everywhere in"), _outcome("the log-out"):
            try:
                self.open_client().update_item(
                    TableName=self.table,
                    Key=key_of(epoch_key(user_id)),
                    UpdateExpression="SET epoch = :next, revoked_at = :now",
                    ConditionExpression="attribute_not_exists(epoch) OR epoch = :seen",
                    ExpressionAttributeValues={
                        ":next": {"N": str(seen + 1)},
                        ":seen": {"N": str(seen)},
                        ":now": {"N": str(int(at.timestamp()))},
                    },
                )
            except ClientError as cause:
                if code(cause) == "ConditionalCheckFailedException":
                    return False
                raise
        return True

    def remove(self, session_id: str) -> None:
        """Delete a session. The handler's consistent reads no longer find it afterward."""
        doing = f"deleting session {shorten_id(session_id)} from"
        with self._reaching(doing), _outcome("the deletion"):
            self.open_client().delete_item(TableName=self.table, Key=key_of(session_id))

    def remove_batch(self, session_ids: Sequence[str]) -> Sequence[str]:
        """Delete at most 25 sessions in one request. Return the ids that DynamoDB did not process because it is
        busy.
        """
        from botocore.exceptions import ClientError

        requests: Any = [{"DeleteRequest": {"Key": key_of(gone)}} for gone in session_ids]
        with self._reaching("deleting sessions from"):
            try:
                answer: Any = self.open_client().batch_write_item(RequestItems={self.table: requests})
            except ClientError as cause:
                if code(cause) in _BUSY:
                    return list(session_ids)
                raise
        left = answer.get("UnprocessedItems", {}).get(self.table, [])
        return [id_of(request["DeleteRequest"]["Key"]) for request in left]

    def _by_user(self, user_id: str) -> Any:
        return {
            "TableName": self.table,
            "IndexName": _INDEX,
            "KeyConditionExpression": "user_id = :user",
            "ExpressionAttributeValues": {":user": {"S": user_id}},
        }

    @contextmanager
    def _reaching(self, doing: str) -> Iterator[None]:
        from botocore.exceptions import ClientError

        doing = f"{doing} the table {self.table}"
        with explain_failures(doing):
            try:
                yield
            except ClientError as cause:
                raise _explain(doing, cause) from cause


@contextmanager
def _outcome(of_what: str) -> Iterator[None]:
    """Raise OutcomeUnknown for a write that may have succeeded although there was no answer."""
    from botocore import exceptions

    hint = "run it again; repeating it is safe"
    try:
        yield
    except (exceptions.ReadTimeoutError, exceptions.ConnectionClosedError) as cause:
        raise OutcomeUnknown(f"{of_what} was requested, but there was no response: {cause}", hint=hint) from cause
    except exceptions.ClientError as cause:
        status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
        if status >= 500:
            raise OutcomeUnknown(
                f"{of_what} was requested, but DynamoDB answered {status} ({code(cause)})", hint=hint
            ) from cause
        raise


def _explain(doing: str, cause: "ClientError") -> HybridctlError:
    from hybridctl.adapters.aws.errors import explain_refusal

    name = code(cause)
    if name == "ResourceNotFoundException":
        return NotDeployed(f"{doing}: it does not exist", hint="hybridctl status, or hybridctl deploy to create it")
    if name in _BUSY:
        return AwsRefused(
            f"{doing}: DynamoDB throttles the requests ({name}), also after retries",
            hint="wait a minute and run it again; if it happens often, the table needs more capacity",
        )
    return explain_refusal(doing, cause)


def _from(after: Cursor | None) -> Any:
    return {"ExclusiveStartKey": after} if after else {}
