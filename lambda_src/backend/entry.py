"""What Lambda calls: `backend.entry.handle`.

All is made at import, in the init phase, which has more CPU than a small function has afterwards.
"""

import os
import sys
import time
from typing import Any

from backend.application import Application
from backend.aws.client import DYNAMODB, Client
from backend.endpoints import Endpoints
from backend.providers import PROVIDERS, open_by_name
from backend.settings import Settings, read_build, read_settings
from backend.store import DynamoDB, Store
from backend.verification import ByProvider, Trusted, Verifier

# Seconds of each invocation that are kept back: a table that hangs is answered with 503 before Lambda stops us.
_MARGIN = 0.5


def build(settings: Settings, client: DynamoDB) -> Application:
    return Application(
        Endpoints(
            settings=settings,
            store=Store(client, table=settings.sessions_table, index=settings.user_index),
            verifier=verifier_for(settings),
            clock=time.time,
            entropy=os.urandom,
        ),
        write_line=_write_line,
    )


def verifier_for(settings: Settings) -> Verifier:
    return Trusted(PROVIDERS) if settings.verification == "trusted" else ByProvider(open_by_name(settings))


def _write_line(line: str) -> None:
    # In one write: Lambda may make an event of each, and a request's line must not be torn.
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


_settings = read_settings(os.environ, read_build())
_client = Client(DYNAMODB, os.environ)
_application = build(_settings, _client)


def handle(event: object, context: Any) -> dict[str, Any]:
    if context is not None:
        _client.deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - _MARGIN
    return _application.answer(event, context)
