"""The sandbox's own access key: a random pair in a file that only its owner can read."""

import json
import os
import secrets
import stat
from base64 import b32encode
from dataclasses import dataclass, field
from pathlib import Path

from hybridctl.files import write_file

PREFIX = "SANDBOX"  # so that nobody takes it for a key of AWS, where ids begin with AKIA or ASIA


@dataclass(frozen=True, slots=True)
class Key:
    """An access key of the sandbox, used like one of AWS; a role's session also has a token."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


def read_key(path: Path) -> Key | None:
    """Return the key in the file; None if there is none, or if another user could have written or read it.

    This excludes a file from a checkout or an archive: git does not store mode 0600, and its owner may be another user.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            return None
        read = json.loads(os.read(descriptor, 4096))
        return Key(str(read["access_key_id"]), str(read["secret_access_key"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    finally:
        os.close(descriptor)


def ensure_key(path: Path) -> Key:
    """Return the key in the file; create it if there is none that can be trusted."""
    found = read_key(path)
    if found is not None:
        return found
    made = Key(PREFIX + b32encode(secrets.token_bytes(8)).decode().rstrip("="), secrets.token_urlsafe(30))
    written = {"access_key_id": made.access_key_id, "secret_access_key": made.secret_access_key}
    write_file(path, json.dumps(written).encode())
    return made
