"""What Lambda calls: `backend.entry.handle`.

All is made at import, in the init phase, which has more CPU than a small function has afterwards.
"""

import os
import sys
import time
from typing import Any

from botocore.config import Config

from backend.application import Application
from backend.clients import open_client
from backend.endpoints import Endpoints
from backend.providers import PROVIDERS, open_by_name
from backend.settings import Settings, read_build, read_settings
from backend.store import Store
from backend.verification import ByProvider, Trusted, Verifier

# Four tries of a second and a half, and the pauses between: a table that hangs is a 503 within the function's ten
# seconds. After a throttled call the pauses begin with 50 ms, by botocore's own table for DynamoDB, its `legacy` one;
# those of `standard` begin with up to 1 s.
_DYNAMODB = Config(
    connect_timeout=1,
    read_timeout=1.5,
    retries={"mode": "legacy", "total_max_attempts": 4},
    tcp_keepalive=True,
    parameter_validation=False,  # we build every call ourselves, and its errors would repeat the values
)


def build(settings: Settings, client: Any) -> Application:  # Any: botocore makes the client's class at run time
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


_application = build(read_settings(os.environ, read_build()), open_client("dynamodb", _DYNAMODB))


def handle(event: object, context: object) -> dict[str, Any]:
    return _application.answer(event, context)
