"""Versions and alias of one Lambda function, through boto3."""

import base64
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import GONE, code, explain_failures, read_optional
from hybridctl.domain.invocation import Invocation
from hybridctl.domain.provisioned import Provisioned
from hybridctl.domain.release import Alias, Version
from hybridctl.errors import AliasMoved, AwsRefused, CheckFailed, FunctionBusy, VersionNotFound

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_lambda.type_defs import (
        AliasConfigurationResponseTypeDef,
        FunctionConfigurationResponseTypeDef,
        FunctionConfigurationTypeDef,
    )

_CONFLICT = "ResourceConflictException"


@dataclass(eq=False, repr=False)
class LambdaFunctions:
    """The function `name` and its alias `alias`; the client is opened on first use, `download` fetches a URL.

    `open_patient` opens one that tries once and waits as long as a function may take.
    """

    open_client: Callable[[], "LambdaClient"]
    download: Callable[[str], bytes]
    name: str
    alias: str
    open_patient: Callable[[], "LambdaClient"] | None = None

    def live(self) -> Alias | None:
        """What the alias serves; None when function or alias do not exist."""
        doing = f"reading the alias {self.alias} of {self.name}"
        found = read_optional(doing, lambda: self.open_client().get_alias(FunctionName=self.name, Name=self.alias))
        return _read_alias(found) if found else None

    def read_provisioned(self) -> Provisioned | None:
        """The alias's provisioned concurrency; None where none is configured, or there is no alias."""
        found = read_optional(
            f"reading the provisioned concurrency of {self.name}:{self.alias}",
            lambda: self.open_client().get_provisioned_concurrency_config(FunctionName=self.name, Qualifier=self.alias),
            *("ProvisionedConcurrencyConfigNotFoundException", GONE),
        )
        if found is None:
            return None
        status = found.get("Status", "")
        return Provisioned(
            wanted=found.get("RequestedProvisionedConcurrentExecutions", 0),
            ready=found.get("AvailableProvisionedConcurrentExecutions", 0),
            state=found.get("StatusReason", status) if status == "FAILED" else status,
        )

    def versions(self) -> Sequence[Version]:
        """All published versions, oldest first; empty when there is no such function."""
        pages = self.open_client().get_paginator("list_versions_by_function").paginate(FunctionName=self.name)
        listed = read_optional(f"listing the versions of {self.name}", lambda: list(pages)) or []
        published = (raw for page in listed for raw in page["Versions"] if raw["Version"] != "$LATEST")
        return sorted(map(_read_version, published), key=lambda one: one.number)

    def read_version(self, version: int) -> Version:
        """One published version; VersionNotFound where there is none of that number."""
        doing = f"reading version {version} of {self.name}"
        with explain_failures(doing, {GONE: VersionNotFound(f"{doing}: no such version", hint="hybridctl releases")}):
            raw = self.open_client().get_function_configuration(FunctionName=self.name, Qualifier=str(version))
        return _read_version(raw)

    def upload(self, content: bytes) -> Version:
        """Give the function this zip and publish it; FunctionBusy while another change is in progress."""
        doing = f"uploading the code of {self.name}"
        with explain_failures(doing, {_CONFLICT: _explain_conflict(doing)}):
            raw = self.open_client().update_function_code(FunctionName=self.name, ZipFile=content, Publish=True)
        return _read_version(raw)

    def wait_until_ready(self, version: int, wake: Mapping[str, Any]) -> None:
        """Return once the version can be invoked: a new one is Pending for a moment, and visible only eventually.

        One that was idle for weeks can be Inactive, and becomes active only after an invocation, with `wake`, that is
        refused (lambda/latest/dg/functions-states.html).
        """
        from botocore.exceptions import ClientError, WaiterError

        where = {"FunctionName": self.name, "Qualifier": str(version)}
        with explain_failures(f"waiting for version {version} of {self.name} to become active"):
            client = self.open_client()
            try:
                return _wait_until_active(client, where)
            except WaiterError as cause:
                if cause.last_response.get("State") != "Inactive":
                    raise
            try:
                client.invoke(FunctionName=self.name, Qualifier=str(version), Payload=json.dumps(wake).encode())
            except ClientError as cause:
                if code(cause) not in ("ResourceNotReadyException", _CONFLICT):
                    raise
            return _wait_until_active(client, where, patient_with=("Inactive",))

    def move(self, alias: Alias, *, to: int, weights: Mapping[int, float]) -> Alias:
        """Point the alias at `to`; AliasMoved when it is no longer the revision we read.

        The weights are always sent, because UpdateAlias keeps those it is not told about. An alias that was moved in
        between, and exactly so, was moved by ourselves: the first answer was lost, and botocore asked again.
        """
        from botocore.exceptions import ClientError

        doing = f"moving the alias {alias.name} of {self.name} to version {to}"
        gone = VersionNotFound(f"{doing}: no such version", hint="hybridctl releases")
        with explain_failures(doing, {_CONFLICT: _explain_conflict(doing), GONE: gone}):
            try:
                moved = self.open_client().update_alias(
                    FunctionName=self.name,
                    Name=alias.name,
                    FunctionVersion=str(to),
                    RoutingConfig={"AdditionalVersionWeights": {str(key): share for key, share in weights.items()}},
                    RevisionId=alias.revision,
                )
            except ClientError as cause:
                if code(cause) == "PreconditionFailedException":
                    found = self.live()
                    if found is not None and (found.version, found.weights) in (
                        (to, dict(weights)),
                        (to, {alias.version: 1.0}),  # Lambda's own, until the version is warm
                    ):
                        return found
                    raise AliasMoved(
                        f"{doing}: someone else moved it at the same time", hint="run hybridctl status, then try again"
                    ) from cause
                if weights and "Provisioned Concurrency" in str(cause):
                    raise AwsRefused(
                        f"{doing}: Lambda does not split this traffic: {cause.response['Error']['Message']}",
                        hint="release with --strategy all-at-once, which waits until the new version is warm",
                    ) from cause
                raise
        return _read_alias(moved)

    def package(self, version: int) -> Mapping[str, bytes]:
        """The files of a version's package by name, downloaded from where Lambda keeps it."""
        from hybridctl.adapters.packaging.archive import read_members

        with explain_failures(f"getting the location of the package of version {version} of {self.name}"):
            found = self.open_client().get_function(FunctionName=self.name, Qualifier=str(version))
        return read_members(self.download(found["Code"]["Location"]))

    def remove(self, version: int) -> None:
        """Delete one version; a missing one is not an error; Lambda refuses one that an alias names."""
        read_optional(
            f"deleting version {version} of {self.name}",
            lambda: self.open_client().delete_function(FunctionName=self.name, Qualifier=str(version)),
        )

    def invoke(self, version: int, event: Mapping[str, Any]) -> Invocation:
        """Invoke one version directly and wait for its answer."""
        return self._invoke(self.open_client, version, event)

    def invoke_once(self, version: int, payload: Any) -> Invocation:
        """The same with any JSON value, never sent twice, and waited for as long as a function may take."""
        return self._invoke(self.open_patient or self.open_client, version, payload)

    def invoke_alias(self, event: Mapping[str, Any]) -> Invocation:
        """Invoke the function as its callers do, through the alias; the answer tells which version ran."""
        return self._invoke(self.open_client, self.alias, event)

    def _invoke(self, open_client: Callable[[], "LambdaClient"], which: int | str, event: Any) -> Invocation:
        name = f"version {which} of {self.name}" if isinstance(which, int) else f"{self.name}:{which}"
        started = time.monotonic()
        with explain_failures(f"invoking {name}"):
            answer = open_client().invoke(
                FunctionName=self.name, Qualifier=str(which), LogType="Tail", Payload=json.dumps(event).encode()
            )
            raw = answer["Payload"].read()
        try:
            payload = json.loads(raw) if raw else None
        except ValueError as cause:
            raise CheckFailed(f"the response of {name} is not JSON") from cause
        log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace").splitlines()
        return Invocation(
            version=answer.get("ExecutedVersion", ""),
            payload=payload,
            seconds=time.monotonic() - started,
            error=answer.get("FunctionError"),
            log=tuple(log),
        )


def _wait_until_active(client: "LambdaClient", where: Mapping[str, str], patient_with: Sequence[str] = ()) -> None:
    """Lambda's own waiter `published_version_active`, but patient with a version that is not visible everywhere yet."""
    from botocore.waiter import WaiterModel, create_waiter_with_client

    then = {"Active": "success", "Failed": "failure", "Inactive": "failure", "Pending": "retry"}
    then |= dict.fromkeys(patient_with, "retry")
    acceptors = [
        {"matcher": "path", "argument": "State", "expected": found, "state": state} for found, state in then.items()
    ]
    acceptors.append({"matcher": "error", "expected": "ResourceNotFoundException", "state": "retry"})
    name = "VersionActive"
    waits = {"operation": "GetFunctionConfiguration", "delay": 1, "maxAttempts": 120, "acceptors": acceptors}
    waiter = create_waiter_with_client(name, WaiterModel({"version": 2, "waiters": {name: waits}}), client)
    waiter.wait(**where, WaiterConfig={"Delay": 1, "MaxAttempts": 120})


def _explain_conflict(doing: str) -> FunctionBusy:
    return FunctionBusy(
        f"{doing}: another change of the function is in progress", hint="wait a minute and run it again"
    )


def _read_alias(raw: "AliasConfigurationResponseTypeDef") -> Alias:
    weights = raw.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return Alias(
        name=raw["Name"],
        version=int(raw["FunctionVersion"]),
        revision=raw["RevisionId"],
        weights={int(version): share for version, share in weights.items() if share > 0},
    )


def _read_version(raw: "FunctionConfigurationTypeDef | FunctionConfigurationResponseTypeDef") -> Version:
    return Version(
        number=int(raw["Version"]),
        sha256=raw["CodeSha256"],
        size=raw["CodeSize"],
        published=datetime.fromisoformat(raw["LastModified"]),
        memory_mb=raw["MemorySize"],
        description=raw.get("Description", ""),
    )
