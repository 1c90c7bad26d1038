"""The ASGI application that the sandbox serves: the emulator inside the wrapper's layers."""

import asyncio
import importlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from random import Random, SystemRandom
from typing import Any

from hybridctl.sandbox.cloud import authorization, autoscaling, emulator, invalid_requests, query_protocol, wire_models
from hybridctl.sandbox.cloud.access import Access
from hybridctl.sandbox.cloud.alarms import Alarms
from hybridctl.sandbox.cloud.allocation import Allocation
from hybridctl.sandbox.cloud.api_refusals import ApiRefusals
from hybridctl.sandbox.cloud.api_settings import ApiSettings
from hybridctl.sandbox.cloud.autoscaling import AutoScaling
from hybridctl.sandbox.cloud.dynamodb.refusals import DynamoDbRefusals
from hybridctl.sandbox.cloud.dynamodb.updates import Updates
from hybridctl.sandbox.cloud.housekeeping import Housekeeping
from hybridctl.sandbox.cloud.http_api import HttpApiGateway
from hybridctl.sandbox.cloud.insights.queries import Insights
from hybridctl.sandbox.cloud.invocations import Invocations
from hybridctl.sandbox.cloud.lambda_refusals import LambdaRefusals
from hybridctl.sandbox.cloud.log_events import LogEvents
from hybridctl.sandbox.cloud.message_queues import MessageQueues
from hybridctl.sandbox.cloud.meter import Meter
from hybridctl.sandbox.cloud.metric_data import MetricData
from hybridctl.sandbox.cloud.permissions import Permissions
from hybridctl.sandbox.cloud.policy_refusals import PolicyRefusals
from hybridctl.sandbox.cloud.publishing import Publishing
from hybridctl.sandbox.cloud.queue_triggers import QueueTriggers
from hybridctl.sandbox.cloud.roles import Roles
from hybridctl.sandbox.cloud.routing import Router
from hybridctl.sandbox.cloud.runtime import log
from hybridctl.sandbox.cloud.schedules import Schedules
from hybridctl.sandbox.cloud.snapshots import Snapshots
from hybridctl.sandbox.cloud.table_metrics import TableMetrics
from hybridctl.sandbox.cloud.throttle import StageThrottle
from hybridctl.sandbox.cloud.unsaved_objects import UnsavedObjects
from hybridctl.sandbox.cloud.version_code import VersionCode
from hybridctl.sandbox.door import API_PATH, Door, Receive, Scope, Send
from hybridctl.sandbox.home import PROVIDER, Home
from hybridctl.sandbox.key import Key


def build(
    home: Home, key: Key, random: Random | None = None, *, providers: Callable[[Key], Mapping[str, Any]] = lambda _: {}
) -> Door:
    """Return the whole cloud behind its access check, with its state under `home`; `providers` starts Terraform's
    provider for a key.

    Raises EmulatorChanged if an upgrade moved a seam.
    """
    app = importlib.import_module("ministack.app")  # it reads its settings while it is imported
    logging.getLogger("lambda").setLevel(logging.WARNING)  # every line a function prints is in its log group already
    wire_models.install()
    invalid_requests.install()
    emulator.service("cloudwatch_logs", *log.PARTS)  # what is used later is missed now
    housekeeping = Housekeeping()
    alarms, snapshots, unsaved, access = Alarms(), Snapshots(home.state), UnsavedObjects(), Access(key)
    meter = Meter(counted=housekeeping.stir, stored=partial(snapshots.touch, "cloudwatch"))
    router = Router(random or SystemRandom())
    router.install()
    invocations = Invocations(meter)
    invocations.install()
    Publishing(invocations.start_ahead).install()
    VersionCode(access.link).install()
    LambdaRefusals().install()
    Permissions().install()
    allocation = Allocation(home.root / "allocation")
    allocation.install()
    HttpApiGateway(meter, StageThrottle(time.monotonic)).install()
    ApiSettings().install()
    ApiRefusals().install()
    Roles().install()
    PolicyRefusals().install()
    Updates().install()
    DynamoDbRefusals(home.root / "ttl-interval", time.time).install()
    TableMetrics(meter).install()
    queues = MessageQueues(meter)
    queues.install()
    QueueTriggers(router).install()
    Schedules(meter, home.root / "schedule-seconds").install()
    LogEvents().install()
    Insights().install()
    access.install()
    alarms.install()
    MetricData().install()
    snapshots.install()
    unsaved.install()
    if authorization.is_enforced():
        authorization.install(home.decisions)
    emulator.layer("lambda", snapshots.save_lambda_at_once)
    emulator.layer("logs", snapshots.note_changes("cloudwatch_logs"))
    emulator.layer("monitoring", snapshots.note_changes("cloudwatch"))
    emulator.layer("monitoring", meter.flush_first)
    emulator.layer("monitoring", query_protocol.translate)
    housekeeping.chores += [
        *(allocation.settle_all, queues.measure, meter.flush, alarms.evaluate_all),
        *(snapshots.save_all, unsaved.write_again, invocations.reap_idle),
    ]
    scaling = AutoScaling(home.state / "autoscaling.store")

    def provider_of(access_key_id: str, token: str) -> Mapping[str, Any]:
        return providers(Key(access_key_id, access.secret_of(access_key_id, token) or "", token))

    return Door(Cloud(app.app, scaling, housekeeping, provider_of), access)


class Cloud:
    """Routes each request, and starts and stops the background work."""

    def __init__(
        self,
        app: Any,
        scaling: AutoScaling,
        housekeeping: Housekeeping,
        provider_of: Callable[[str, str], Mapping[str, Any]],
    ) -> None:
        self._app = app
        self._scaling = scaling
        self._housekeeping = housekeeping
        self._provider_of = provider_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        self._housekeeping.stir()
        headers = dict(scope["headers"])
        is_signed = not scope["path"].startswith(API_PATH)  # the door lets an API's clients through without a key
        if is_signed and headers.get(b"x-amz-target", b"").startswith(autoscaling.TARGET.encode()):
            await self._scale(headers, receive, send)
            return
        if is_signed and scope["path"] == PROVIDER:
            reattach = await asyncio.to_thread(self._provider_of, *_identity(headers))
            await _send(send, 200, {"content-type": "application/json"}, json.dumps(reattach).encode())
            return
        await self._app(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_and_stop() -> dict[str, Any]:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self._housekeeping.stop()  # before the emulator's own, last save
            return message

        async def send_and_start(message: dict[str, Any]) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._housekeeping.start()
            await send(message)

        await self._app(scope, receive_and_stop, send_and_start)

    async def _scale(self, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        try:
            named = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()}
            refuse = authorization.refuse_scaling if authorization.is_enforced() else None
            status, out, answer = self._scaling.answer(named, body, _identity(headers)[0], refuse)
        except Exception:
            logging.getLogger("sandbox").exception("Application Auto Scaling")
            status, out, answer = 500, {}, json.dumps({"__type": "InternalServiceException"}).encode()
        await _send(send, status, out, answer)


def _identity(headers: Mapping[bytes, bytes]) -> tuple[str, str]:
    """Return id and session token of the key that signed a request; the signature was already checked."""
    authorization_ = headers.get(b"authorization", b"").decode("latin-1")
    credential = authorization_.partition("Credential=")[2].partition("/")[0]
    return credential, headers.get(b"x-amz-security-token", b"").decode("latin-1")


async def _send(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
