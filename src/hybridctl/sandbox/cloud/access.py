"""Access to the cloud: its own key, credentials that it issued, expiring links, and open APIs."""

import hmac
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from hybridctl.sandbox.cloud import cors, emulator
from hybridctl.sandbox.home import ACCOUNT, LOOPBACK
from hybridctl.sandbox.key import Key
from hybridctl.sandbox.sigv4 import presign_url

LINK_LIFETIME = timedelta(minutes=10)  # lambda/latest/api/API_FunctionCodeLocation.html: valid for 10 minutes


class Access:
    """Checks every request, and signs the links that the emulator returns unsigned."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self._http = emulator.service("apigateway", "_apis")
        self._rest = emulator.service("apigateway_v1", "find_api_scope")
        self._evaluator = emulator.Parts(
            "core.iam_evaluator",
            "AmbiguousAccessKeyError",
            "ResolvedCredential",
            "find_iam_access_key_account",
            "is_root_access_key",
            "resolve_credential",
        )

    def install(self) -> None:
        functions = emulator.service("lambda_svc").module
        emulator.replace(functions, "_presigned_code_url", "func_name", self._sign)
        emulator.replace(functions, "_layer_content_url", "layer_name version", self._sign)

    def has_api(self, identity: str) -> bool:
        with emulator.as_owner():
            return self._http["_apis"].get(identity) is not None or self._rest["find_api_scope"](identity) is not None

    def allows_origin(self, identity: str, origin: str) -> bool:
        with emulator.as_owner():
            configured = (self._http["_apis"].get(identity) or {}).get("corsConfiguration") or {}
        return cors.allows(configured, origin)

    def secret_of(self, access_key_id: str, token: str) -> str | None:
        """Return the secret of a valid key: the sandbox's, a user's or a role session's; None for others."""
        if hmac.compare_digest(access_key_id.encode(), self._key.access_key_id.encode()):
            return self._key.secret_access_key
        if self._evaluator["is_root_access_key"](access_key_id):  # the emulator's well-known keys
            return None
        with emulator.as_owner():
            try:
                account = self._evaluator["find_iam_access_key_account"](access_key_id) or ACCOUNT
            except self._evaluator["AmbiguousAccessKeyError"]:
                return None
            found = self._evaluator["resolve_credential"](access_key_id, account, token)
        return str(found.secret_access_key) if isinstance(found, self._evaluator["ResolvedCredential"]) else None

    def link(self, path: str) -> str:
        """Return a URL of this path in the sandbox that anyone can GET for ten minutes."""
        return presign_url(self._key, f"{LOOPBACK}:{os.environ['GATEWAY_PORT']}", path, LINK_LIFETIME)

    def _sign(self, original: Any, *named: str) -> str:
        return self.link(urlsplit(original(*named)).path)


def open_session(config: Mapping[str, Any]) -> dict[str, str]:
    """Return credentials of a function's role for one execution environment, as variables; they end with the process.

    Source: lambda/latest/dg/lambda-intro-execution-role.html; a session of that role is named after the function.
    """
    sts = emulator.service("sts", "register_session")
    made = emulator.service("iam", "_gen_secret", "_gen_session_access_key", "_gen_session_token", "_roles")
    role = str(config["Role"]).rpartition("/")[2]
    access_key_id = made["_gen_session_access_key"]()
    secret, token = made["_gen_secret"](), made["_gen_session_token"]()
    with emulator.as_owner():
        identity = (made["_roles"].get(role) or {}).get("RoleId", role)
    session = {
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{config['FunctionName']}",
        "UserId": f"{identity}:{config['FunctionName']}",
        "SecretAccessKey": secret,
        "SessionToken": token,
        "AccountId": ACCOUNT,
        "PrincipalType": "AssumedRole",
    }
    sts["register_session"](access_key_id, session)
    return {"AWS_ACCESS_KEY_ID": access_key_id, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}


def close_session(access_key_id: str) -> None:
    """Invalidate the credentials of an execution environment that has ended."""
    emulator.service("sts", "_sessions")["_sessions"].pop(access_key_id, None)
