"""Terraform killed at the Nth change that it makes, and what is there afterwards that its state does not know."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e.conftest import Clone, Run
from faults.gate import Fault, Gate
from faults.rig import PATIENCE, Rig, key_of
from hybridctl.sandbox.provider.server import ProviderServer

# The provider's own changes; hybridctl itself writes to S3, invokes, and moves the alias.
CHANGES = (
    r"^(dynamodb:(Create|Update)|query:(Create|Put|Delete|Set|Subscribe)|logs:(Create|Put)|graniteserviceversion20100801:Put"
    r"|lambda:(CreateFunction|CreateAlias|UpdateFunction|PublishVersion|POST|PUT)|apigateway:(POST|PUT|PATCH|DELETE))"
)


@dataclass
class KilledEngine:
    """A sandbox behind a gate; each `first_apply` begins with nothing."""

    rig: Rig

    def reset(self) -> None:
        self.rig.clone.run("sandbox", "stop")
        private = self.rig.clone.root / ".hybridctl"
        key = (private / "sandbox" / "key.json").read_bytes()  # the provider of this test works with it
        shutil.rmtree(private)  # its ready file names the gate's port
        (private / "sandbox").mkdir(parents=True, mode=0o700)
        (private / "sandbox" / "key.json").touch(mode=0o600)
        (private / "sandbox" / "key.json").write_bytes(key)
        self.rig.clone.must("sandbox", "start")
        self.rig.enter()

    def kill_at(self, nth: int, *, performed: bool, argv: tuple[str, ...] = ("deploy", "local")) -> Run:
        """Run a deploy and kill its Terraform when the Nth change is asked for, or has been made but not answered."""
        self.rig.gate.calls.clear()
        fault = self.rig.gate.arm(Fault(CHANGES, nth=nth, held=True, performed=performed, late=performed))
        with self.rig.running(*argv, own_interpreter=True) as process:
            deadline = time.monotonic() + PATIENCE
            while not fault.met.wait(0.02):
                assert process.poll() is None, f"it ended before change {nth}: {process.communicate()}"
                assert time.monotonic() < deadline, f"it never came to change {nth}"
            signal_to(engine_of(process.pid))
            self.rig.gate.lift()
            out, err = process.communicate(timeout=PATIENCE)
        return Run(process.returncode, out, err)

    def orphans(self) -> list[str]:
        """Everything with the environment's name that the state does not know, and everything it knows that is gone."""
        state = self.rig.state()
        known = {
            str(instance["attributes"].get("arn") or instance["attributes"].get("id"))
            for resource in state["resources"]
            for instance in resource["instances"]
            if resource["mode"] == "managed"
        }
        ids = {
            str(instance["attributes"].get("id"))
            for resource in state["resources"]
            for instance in resource["instances"]
        }
        return [one for one in self._there() if one not in known and one not in ids]

    def _there(self) -> Iterator[str]:
        client = self.rig.client
        yield from (f"{one}" for one in client("dynamodb").list_tables()["TableNames"])
        yield from (one["FunctionName"] for one in client("lambda").list_functions()["Functions"])
        yield from (one["RoleName"] for one in client("iam").list_roles()["Roles"] if "hybrid" in one["RoleName"])
        yield from (one["logGroupName"] for one in client("logs").describe_log_groups()["logGroups"])
        apis = client("apigatewayv2").get_apis()["Items"]
        for api in apis:
            yield api["ApiId"]
            items: Any = client("apigatewayv2")
            yield from (one["RouteId"] for one in items.get_routes(ApiId=api["ApiId"])["Items"])
            yield from (one["IntegrationId"] for one in items.get_integrations(ApiId=api["ApiId"])["Items"])
        yield from (one["TopicArn"] for one in client("sns").list_topics()["Topics"])
        yield from (one["AlarmName"] for one in client("cloudwatch").describe_alarms()["MetricAlarms"])


def engine_of(pid: int) -> int:
    """The Terraform that this hybridctl has started: its child that is at work."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                words = Path(f"/proc/{child}/cmdline").read_bytes()
                if b"apply" in words.split(b"\0"):
                    return int(child)
        time.sleep(0.01)
    raise AssertionError("no Terraform is at work")


def signal_to(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


@contextmanager
def open_killed_engine(clone: Clone, folder: Path) -> Iterator[KilledEngine]:
    clone.must("sandbox", "start")
    with Gate(target=0) as gate:
        provider = ProviderServer(gate.url, folder / "provider.sock", key_of(clone))
        provider.start()
        rig = Rig(clone, gate, provider)
        try:
            rig.enter()
            yield KilledEngine(rig)
        finally:
            provider.stop()
