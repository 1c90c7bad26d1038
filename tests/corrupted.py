"""Read many damaged files with every reader of local files, in a process that may use little; print what went wrong.

Run as a program: each line of the answer is a failure. A read may end in a result or in a HybridctlError.
"""

import io
import json
import random
import resource
import signal
import sys
import zipfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from hybridctl.adapters.checkout import GitCheckout
from hybridctl.adapters.packaging.archive import Entry, make_zip, read_members
from hybridctl.adapters.packaging.artifacts import LambdaPackage
from hybridctl.adapters.plan_file import PlanArchive
from hybridctl.adapters.price_list import ListPrices
from hybridctl.adapters.sandbox import LocalSandbox
from hybridctl.adapters.terraform.lock_note import LockNote
from hybridctl.domain.reviewed_plan import Ground, ReviewedPlan
from hybridctl.domain.state_lock import StateLock
from hybridctl.errors import HybridctlError
from hybridctl.settings_file import load_settings

MEMORY = 200 * 2**20
SECONDS = 2  # of processor time: the machine may be busy
PATIENCE = 60  # of waiting, for a reader that blocks
TOML = 'project = "p"\n[function]\nhandler = "a.b"\n[environments.local]\nsandbox = true\nstrategy = "canary:10@5m"\n'
GROUND = Ground("staging", "111122223333", "us-east-1", "b" * 16, "sha", "c0ffee", "terraform 1.11.4", "line", 3)
PLAN = ReviewedPlan(GROUND, "ada", datetime(2026, 3, 1, tzinfo=UTC), b"plan" * 99, b"zip" * 99, b"locks", {"a": "1"})
LOCK = StateLock("id", "plan", "me", datetime(2026, 3, 1, tzinfo=UTC), 1.0)
READY = {
    "pid": 1, "port": 1, "endpoint": "http://127.0.0.1:1", "account": "0", "region": "r", "emulator": "e",
    "started": "2026-03-01T00:00:00+00:00", "reattach": {},
}  # fmt: skip
PRICES = (
    'region = "eu-west-1"\n[prices.x]\nabout = "a"\nunit = "u"\ntiers = [[0.0, 1.0]]\nseen = 2026-03-01\nsource = "s"\n'
)


def readers(root):
    """Each reader by name: the file that it reads, what is in it when it is sound, and the call."""
    package = LambdaPackage(root / "src", root / "function.zip", "python3.13", "arm64", root / "work", {})
    checkout = GitCheckout(root, root / "private", root / "environments", {})
    (root / "environments" / "local").mkdir(parents=True)
    plan = root / "release.plan"
    PlanArchive().write(plan, PLAN)
    built = _zip({"build.json": b'{"build": "abc"}', "a.py": b"x = 1\n" * 99})
    ready = root / "sandbox" / "ready.json"
    ready.parent.mkdir()
    note = LockNote(root / "data")
    values = root / "environments" / "local"
    return {
        "settings": (root / "hybridctl.toml", TOML.encode(), lambda: load_settings(root, {})),
        "plan": (plan, plan.read_bytes(), lambda: PlanArchive().read(plan)),
        "package": (root / "built.zip", built, lambda: package.take(root / "built.zip")),
        "stamp": (root / "work" / "stamp.json", b'{"fingerprint": "a"}', lambda: package._stamp.find_unchanged("a")),
        "saved values": (values / "saved.auto.tfvars.json", b'{"a": [1]}', lambda: checkout.values("local")),
        "tfvars": (values / "terraform.tfvars", b'a = [1]\nb = "x"\n', lambda: checkout.values("local")),
        "releases": (root / "private" / "releases" / "local", b"id\n", lambda: checkout.list_releases("local")),
        "prices": (root / "prices-eu-west-1.toml", PRICES.encode(), lambda: ListPrices(root, list).of("eu-west-1")),
        "ready": (ready, json.dumps(READY).encode(), lambda: LocalSandbox(ready.parent).status()),
        "lock note": (root / "data.held", b"id", lambda: note.names(LOCK)),
        "deployed package": (root / "deployed", built, lambda: read_members((root / "deployed").read_bytes())),
    }


def damage(sound, chance):
    """One of many ways to damage bytes."""
    content = bytearray(sound)
    for _ in range(chance.choice((1, 1, 2, 8))):
        at = chance.randrange(len(content) + 1)
        match chance.randrange(8):
            case 0:
                del content[at:]
            case 1 if content:
                content[at % len(content)] ^= 1 << chance.randrange(8)
            case 2:
                content[at:at] = chance.randbytes(chance.randrange(1, 9))
            case 3:
                content[at:at] = content[at : at + 64] * chance.randrange(1, 50)
            case 4:
                del content[at : at + chance.randrange(1, 40)]
            case 5:
                opening = chance.choice((b"[", b'{"a":', b"(", b'"', b"'", b"a."))
                content[at:at] = opening * chance.choice((3, 60, 100_000))
            case 6:
                content[at:at] = chance.choice((b"9" * 5000, b"1e999", b"NaN", b"\0" * 9, b"\xff\xfe", b"-", b"true"))
            case 7 if len(content) > 4:
                content[at % (len(content) - 3) :][:4] = b"\xff\xff\xff\x7f"
    return bytes(content)


def special():
    """Files that are sound as files, and made to hurt."""
    deep = b"[" * 400_000
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("plan.json", "tfplan", "package.zip", "build.json"):
            with archive.open(name, "w", force_zip64=True) as member:
                for _ in range(60):
                    member.write(bytes(2**20))
    unusual = io.BytesIO()
    with zipfile.ZipFile(unusual, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("plan.json", "{}")
        archive.writestr("build.json", "{}")
    yield from (deep, b"{" * 400_000, b'{"a":' * 100_000, b"a=" + deep, b"a." * 400_000 + b"a=1", b'"' * 900_000)
    yield from (b'"\\' * 400_000, b"[]," * 300_000, b"[" + b"{}," * 300_000 + b"1]", bytes(2**20), b"\n" * 2**20)
    yield from (bomb.getvalue(), unusual.getvalue(), b"x" * (3 * 2**20), b"")
    for name in ("plan.json", "build.json"):
        for content in (b"[]", b"1", b'{"format": 1}', deep, b'{"format": 1, "ground": [], "build": []}', b"\xff"):
            yield _zip({name: content, "tfplan": b"", "package.zip": b""})


def _zip(members):
    return make_zip(Entry.of(name, content) for name, content in members.items())


def read(name, path, content, call, report):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o600)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        with suppress(HybridctlError):
            call()
    except BaseException as error:
        report(f"{name}: {type(error).__name__}: {error} on {content[:60]!r}")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def main(folder, each):
    root = Path(folder)
    found = readers(root)
    sound = {name: path.read_bytes() if path.exists() else content for name, (path, content, _) in found.items()}
    chance, hurtful = random.Random(20260301), list(special())
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    signal.signal(signal.SIGPROF, signal.default_int_handler)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    tried = 0
    for name, (path, content, call) in found.items():
        for bad in [*(damage(sound[name], chance) for _ in range(each)), *hurtful]:
            read(name, path, bad, call, print)
            tried += 1
        read(name, path, content, call, print)
    sys.stderr.write(f"{tried} tried\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
