"""Waits until Lambda can run a version."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

_ROUNDS, _ROUND_SECONDS = 13, 120  # 26 minutes in all


def wait_until_active(client: "LambdaClient", where: Mapping[str, str], patient_with: Sequence[str] = ()) -> None:
    """Wait as long as Lambda's waiter `published_version_active`: a snapshot (SnapStart) takes minutes. A version that
    is not visible everywhere yet is waited for during one round.
    """
    from botocore.exceptions import WaiterError
    from botocore.waiter import WaiterModel, create_waiter_with_client

    then = {"Active": "success", "Failed": "failure", "Inactive": "failure", "Pending": "retry"}
    then |= dict.fromkeys(patient_with, "retry")
    acceptors = [
        {"matcher": "path", "argument": "State", "expected": found, "state": state} for found, state in then.items()
    ]
    acceptors.append({"matcher": "error", "expected": "ResourceNotFoundException", "state": "retry"})
    name = "VersionActive"
    waits = {
        "operation": "GetFunctionConfiguration",
        "delay": 1,
        "maxAttempts": _ROUND_SECONDS,
        "acceptors": acceptors,
    }
    waiter = create_waiter_with_client(name, WaiterModel({"version": 2, "waiters": {name: waits}}), client)
    for rounds_left in reversed(range(_ROUNDS)):
        try:
            waiter.wait(**where)
        except WaiterError as cause:
            if not rounds_left or cause.last_response.get("State") != "Pending":
                raise
        else:
            return
