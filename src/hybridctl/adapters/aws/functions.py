"""Versions and the alias of one Lambda function."""

import base64
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.active_version import wait_until_active
from hybridctl.adapters.aws.errors import GONE, code, explain_failures, read_optional
from hybridctl.domain.invocation import Invocation
from hybridctl.domain.provisioned import Provisioned
from hybridctl.domain.release import UNPUBLISHED, Alias, Version
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
    """The function `name` and its alias `alias`. The client is opened on first use; `download` fetches a URL.

    `open_patient` opens a client that makes one attempt and waits as long as a function may take.
    """

    open_client: Callable[[], "LambdaClient"]
    download: Callable[[str], bytes]
    name: str
    alias: str
    open_patient: Callable[[], "LambdaClient"] | None = None

    def live(self) -> Alias | None:
        """Return the alias, or None if the function or the alias does not exist."""
        doing = f"reading the alias {self.alias} of {self.name}"
        answer = read_optional(doing, lambda: self.open_client().get_alias(FunctionName=self.name, Name=self.alias))
        return _read_alias(answer) if answer else None

    def read_provisioned(self) -> Provisioned | None:
        """Return the alias's provisioned concurrency, or None if none is configured or there is no alias."""
        answer = read_optional(
            f"reading the provisioned concurrency of {self.name}:{self.alias}",
            lambda: self.open_client().get_provisioned_concurrency_config(FunctionName=self.name, Qualifier=self.alias),
            *("ProvisionedConcurrencyConfigNotFoundException", GONE),
        )
        if answer is None:
            return None
        status = answer.get("Status", "")
        return Provisioned(
            wanted=answer.get("RequestedProvisionedConcurrentExecutions", 0),
            ready=answer.get("AvailableProvisionedConcurrentExecutions", 0),
            state=answer.get("StatusReason", status) if status == "FAILED" else status,
        )

    def versions(self) -> Sequence[Version]:
        """Return all published versions, oldest first, or nothing if the function does not exist."""
        pages = self.open_client().get_paginator("list_versions_by_function").paginate(FunctionName=self.name)
        listed = read_optional(f"listing the versions of {self.name}", lambda: list(pages)) or []
        published = (raw for page in listed for raw in page["Versions"] if raw["Version"] != "$LATEST")
        return sorted(map(_read_version, published), key=lambda one: one.number)

    def read_version(self, version: int) -> Version:
        """Return a published version. Raises VersionNotFound if it does not exist."""
        doing = f"reading version {version} of {self.name}"
        with explain_failures(doing, {GONE: VersionNotFound(f"{doing}: no such version", hint="hybridctl releases")}):
            raw = self.open_client().get_function_configuration(FunctionName=self.name, Qualifier=str(version))
        return _read_version(raw)

    def upload(self, content: bytes) -> Version:
        """Upload a zip and publish a version. Raises FunctionBusy while another change is in progress."""
        doing = f"uploading the code of {self.name}"
        with explain_failures(doing, {_CONFLICT: _explain_conflict(doing)}):
            raw = self.open_client().update_function_code(FunctionName=self.name, ZipFile=content, Publish=True)
        return _read_version(raw)

    def wait_until_ready(self, version: int, wake: Mapping[str, Any]) -> None:
        """Wait until the version can be invoked: a new version is Pending for a moment, and visible with a delay.

        A version that was idle for weeks can be Inactive. It becomes active only after an invocation (here with
        `wake`), which Lambda refuses (lambda/latest/dg/functions-states.html).
        """
        from botocore.exceptions import ClientError, WaiterError

        where = {"FunctionName": self.name, "Qualifier": str(version)}
        with explain_failures(f"waiting for version {version} of {self.name} to become active"):
            client = self.open_client()
            try:
                return wait_until_active(client, where)
            except WaiterError as cause:
                found = cause.last_response
                if found.get("State") == "Failed":
                    raise self._explain_failed(version, found) from cause
                if found.get("State") != "Inactive":
                    raise
            try:
                client.invoke(FunctionName=self.name, Qualifier=str(version), Payload=json.dumps(wake).encode())
            except ClientError as cause:
                if code(cause) not in ("ResourceNotReadyException", _CONFLICT):
                    raise
            return wait_until_active(client, where, patient_with=("Inactive",))

    def _explain_failed(self, version: int, found: Mapping[str, Any]) -> AwsRefused:
        """Return the error for a version that Lambda could not create. It stays so: only a new version can serve."""
        reason = " ".join(filter(None, (found.get("StateReason"), f"({found.get('StateReasonCode') or 'Failed'})")))
        return AwsRefused(
            f"version {version} of {self.name} cannot run: {reason}",
            hint="the alias was not moved; fix the cause, change the code or a setting, and deploy a new version",
        )

    def move(self, alias: Alias, *, to: int, weights: Mapping[int, float]) -> Alias:
        """Point the alias to `to`. Raises AliasMoved if its revision has changed.

        The weights are always sent, because UpdateAlias keeps weights that are not in the request. If the revision has
        changed but the alias is exactly as requested, we moved it: the first answer was lost and botocore sent the
        request again.
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
                        (to, {alias.version: 1.0}),  # set by Lambda until the version is warm
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
        """Download a version's package from Lambda. Return its files by name."""
        from hybridctl.adapters.packaging.archive import read_members

        with explain_failures(f"getting the location of the package of version {version} of {self.name}"):
            answer = self.open_client().get_function(FunctionName=self.name, Qualifier=str(version))
        return read_members(self.download(answer["Code"]["Location"]))

    def remove(self, version: int) -> None:
        """Delete a version. A missing version is not an error; Lambda refuses to delete a version that an alias
        uses.
        """
        read_optional(
            f"deleting version {version} of {self.name}",
            lambda: self.open_client().delete_function(FunctionName=self.name, Qualifier=str(version)),
        )

    def invoke(self, version: int, event: Mapping[str, Any]) -> Invocation:
        """Invoke a version directly and wait for its answer."""
        return self._invoke(self.open_client, version, event)

    def invoke_once(self, version: int, payload: Any) -> Invocation:
        """Invoke a version with any JSON value. The request is never sent twice, and the wait is as long as a function
        may take.
        """
        return self._invoke(self.open_patient or self.open_client, version, payload)

    def invoke_alias(self, event: Mapping[str, Any]) -> Invocation:
        """Invoke the function through the alias, like its callers. The answer contains the version that ran."""
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


def _explain_conflict(doing: str) -> FunctionBusy:
    return FunctionBusy(
        f"{doing}: another change of the function is in progress", hint="wait a minute and run it again"
    )


def _read_alias(raw: "AliasConfigurationResponseTypeDef") -> Alias:
    weights = raw.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return Alias(
        name=raw["Name"],
        version=UNPUBLISHED if raw["FunctionVersion"] == "$LATEST" else int(raw["FunctionVersion"]),
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
