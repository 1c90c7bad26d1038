"""The sandbox's own key: a random pair in a file that only its owner can read."""

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
    """What proves to the sandbox that a caller may read its owner's files; used as AWS's access keys are.

    A role's session has a token beside.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


def read_key(path: Path) -> Key | None:
    """The key in the file; None when there is none, or when someone else could have written or read it.

    A file that came with a checkout is not a key: git knows no mode 0600, and an archive's owner need not be this user.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with open(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            return None
        try:
            read = json.loads(file.read(4096))
            return Key(str(read["access_key_id"]), str(read["secret_access_key"]))
        except (ValueError, KeyError, TypeError):
            return None


def ensure_key(path: Path) -> Key:
    """The key in the file, recreated when there is none that can be trusted."""
    found = read_key(path)
    if found is not None:
        return found
    made = Key(PREFIX + b32encode(secrets.token_bytes(8)).decode().rstrip("="), secrets.token_urlsafe(30))
    written = {"access_key_id": made.access_key_id, "secret_access_key": made.secret_access_key}
    write_file(path, json.dumps(written).encode())
    return made
