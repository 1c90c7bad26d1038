"""The sandbox: its status, start and stop, keys, and gaps."""

import http.client
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import explain_failures
from hybridctl.adapters.sandbox_process import SandboxProcess
from hybridctl.domain.sandbox import AccessKey, SandboxStatus
from hybridctl.errors import FileUnwritable, SandboxFailed
from hybridctl.sandbox.home import HEALTH, LOOPBACK, PROVIDER, REGION, HeldLock, Home, holder
from hybridctl.sandbox.key import Key, read_key
from hybridctl.sandbox.sigv4 import sign_headers

if TYPE_CHECKING:
    from hybridctl.domain.iam.policy import Document
    from hybridctl.domain.rehearsal import SandboxGaps

ANSWER_SECONDS = 5.0


class LocalSandbox:
    """The sandbox with its state under `home`. Raises SandboxFailed if it cannot run."""

    def __init__(self, home: Path, *, environment: Mapping[str, str] | None = None, region: str = REGION) -> None:
        self._home = Home(home.resolve())
        self._process = SandboxProcess(self._home, environment, region)
        self._region = region

    @property
    def log(self) -> Path:
        """The server's log. When it is too long, it is rotated to `server.log.1`."""
        return self._home.log

    def status(self) -> SandboxStatus:
        """Return what runs now. A process that no longer holds the lock, or does not answer, is not running."""
        pid = holder(self._home.lock)
        ready, key = self._home.read_ready(), read_key(self._home.key)
        try:
            found = _read_status(self._home.root, ready, key) if ready is not None and key is not None else None
        except (LookupError, TypeError, ValueError):  # from another version of hybridctl, or damaged
            found = None
        if pid is None or found is None or key is None or found.pid != pid or not _answers(found.port or 0, key):
            return SandboxStatus(self._home.root, pid=pid)
        return found

    def gaps(self) -> "SandboxGaps":
        """Return the remaining rows of the parity page, and what the sandbox's Terraform provider supports."""
        from hybridctl.domain.rehearsal import Difference, SandboxGaps
        from hybridctl.sandbox.cloud.gaps import read_gaps
        from hybridctl.sandbox.provider import registry

        return SandboxGaps(
            tuple(Difference(one.service, one.aws, one.remaining) for one in read_gaps() if one.remaining),
            tuple(sorted(registry.resources())),
            tuple(sorted(registry.data_sources())),
        )

    def start(self, *, port: int | None = None, enforce_iam: bool | None = None) -> SandboxStatus:
        """Return the running sandbox; start it if necessary, and replace it if it hangs.

        A requested port is used or refused; otherwise it is the last port or any free one. With `enforce_iam`, a
        sandbox with the other setting is restarted and keeps its data.
        """
        with self._alone():  # if two processes start it at once, the second one finds the first one's server
            status = self.status()
            if enforce_iam is not None and enforce_iam is not self._home.enforced.exists():
                if status.pid is not None:
                    self._process.end(status.pid)
                    status = self.status()
                self._home.root.mkdir(parents=True, exist_ok=True)
                if enforce_iam:
                    self._home.enforced.touch()
                else:
                    self._home.enforced.unlink()
            if status.running and port in (None, status.port):
                return status
            if status.running:
                raise SandboxFailed(
                    f"starting the sandbox on port {port}: it is already running on port {status.port}",
                    hint="hybridctl sandbox stop",
                )
            if status.pid is not None:
                self._process.end(status.pid)
            self._process.start(port)
            started = self.status()
        if not started.running:
            raise SandboxFailed("starting the sandbox: it started and exited", hint="hybridctl sandbox logs")
        return started

    def stop(self) -> bool:
        """Stop the server and wait until it has ended. Return False if it was not running."""
        with self._alone():
            pid = holder(self._home.lock)
            if pid is None:
                return False
            self._process.end(pid)
            return True

    def reset(self) -> SandboxStatus:
        """Delete everything that was created in this sandbox. It runs again if it ran before."""
        before = self.status()
        self.stop()
        with self._alone():
            if self._home.state.exists():
                shutil.rmtree(self._home.state)
        return self.start(port=before.port) if before.running else self.status()

    def provider_of(self, caller: AccessKey) -> Mapping[str, object]:
        """Return TF_REATTACH_PROVIDERS for a provider that uses this key, so that IAM also applies to Terraform's
        calls.
        """
        port = self.status().port or 0
        key = Key(caller.id, caller.secret, caller.token)
        status, body = _get(port, PROVIDER, key)
        if status != http.HTTPStatus.OK:
            raise SandboxFailed(
                f"connecting to Terraform's provider: the sandbox does not know the access key {caller.id}",
                hint="unset HYBRIDCTL_SANDBOX_KEY, or use a key that the sandbox issued",
            )
        reattach: Mapping[str, object] = json.loads(body)
        return reattach

    def make_key(self, user: str, policies: Sequence["Document"]) -> AccessKey:
        """Return a new key of a user with exactly these policies. The user's other keys are deleted."""
        from hybridctl.adapters.aws.session import AwsSession

        status = self.status()
        iam = AwsSession(self._region, endpoint=status.endpoint, key=status.key).client("iam")
        with explain_failures(f"creating the user {user}"):
            try:
                iam.create_user(UserName=user)
            except iam.exceptions.EntityAlreadyExistsException:
                for known in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
                    iam.delete_access_key(UserName=user, AccessKeyId=known["AccessKeyId"])
                for name in iam.list_user_policies(UserName=user)["PolicyNames"]:
                    iam.delete_user_policy(UserName=user, PolicyName=name)
            for number, policy in enumerate(policies, start=1):
                iam.put_user_policy(UserName=user, PolicyName=f"{user}-{number}", PolicyDocument=json.dumps(policy))
            made = iam.create_access_key(UserName=user)["AccessKey"]
        return AccessKey(made["AccessKeyId"], made["SecretAccessKey"])

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock for starting and stopping. Raises FileUnwritable if the sandbox's folder cannot be created."""
        lock = HeldLock(self._home.starting)
        try:
            lock.acquire(within=None)
        except OSError as cause:
            raise FileUnwritable(
                f"writing {self._home.root}: {cause.strerror}", hint="check the folder and its permissions"
            ) from cause
        try:
            yield
        finally:
            lock.release()


def _read_status(home: Path, ready: Mapping[str, Any], key: Key) -> SandboxStatus:
    """Parse ready.json. Raises LookupError, TypeError or ValueError for another format."""
    port = int(ready["port"])
    if not 0 < port < 2**16:
        raise ValueError(f"no such port: {port}")
    return SandboxStatus(
        home=home,
        running=True,
        pid=ready["pid"],
        port=port,
        endpoint=str(ready["endpoint"]),
        key=AccessKey(key.access_key_id, key.secret_access_key),
        account=str(ready["account"]),
        region=str(ready["region"]),
        emulator=str(ready["emulator"]),
        started=datetime.fromisoformat(str(ready["started"])),
        reattach=dict(ready["reattach"]),
    )


def _answers(port: int, key: Key) -> bool:
    return _get(port, HEALTH, key)[0] == http.HTTPStatus.OK


def _get(port: int, path: str, key: Key) -> tuple[int, bytes]:
    """Return status and body of a signed request; status 0 if there is no answer."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=ANSWER_SECONDS)
    signed = sign_headers(key, "GET", f"{LOOPBACK}:{port}", path)
    try:
        connection.request("GET", path, headers=signed)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()
