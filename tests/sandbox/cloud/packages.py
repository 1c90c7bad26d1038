"""Packages and handlers that start or fail on Lambda, each with its event, and how an answer is compared."""

import io
import re
import zipfile
from dataclasses import dataclass, field
from typing import Any

HANDLER = "backend.entry.handle"
ELF_OF_ARM = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\xb7\x00" + bytes(44)


@dataclass(frozen=True)
class Package:
    """A function: the source of backend/entry.py, other files, its handler, its event and its time in seconds."""

    source: str = ""
    event: Any = field(default_factory=dict)
    handler: str = HANDLER
    files: dict[str, bytes] = field(default_factory=dict)
    timeout: int = 3

    @property
    def members(self) -> dict[str, bytes]:
        return {
            "backend/__init__.py": b"",
            "backend/entry.py": self.source.encode("utf-8", "surrogatepass"),
            **self.files,
        }

    @property
    def content(self) -> bytes:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for name, data in self.members.items():
                archive.writestr(zipfile.ZipInfo(name), data)
        return content.getvalue()


def handling(body: str, before: str = "") -> Package:
    return Package(f"{before}\ndef handle(event, context):\n    {body}\n")


def importing(name: str) -> Package:
    return handling("return 'imported'", f"import {name}")


def normal(answer: Any) -> Any:
    """An answer without what differs from run to run, and from an installation to another one."""
    if isinstance(answer, str) and "Task timed out after" in answer:
        return {"errorType": "timeout"}
    if not isinstance(answer, dict) or "errorType" not in answer:
        return answer
    if answer["errorType"] == "Sandbox.Timedout":
        return {"errorType": "timeout"}
    message = re.sub(r"RequestId: [\w-]+ ", "", str(answer.get("errorMessage", "")))
    message = re.sub(r"(?<=[ '\"(])/[^ '\"():]*/(?=backend|native|entry)", "/var/task/", message)
    return {"errorType": answer["errorType"], "errorMessage": message}


ABSENT = ("yaml", "requests", "typer", "rich", "hybridctl", "grpc", "numpy", "pydantic", "cryptography", "ministack")
REMOVED = ("cgi", "telnetlib", "crypt", "imp", "asyncore", "distutils", "pipes", "nntplib", "uu", "audioop", "lib2to3")
PRESENT = (
    "boto3",
    "botocore",
    "urllib3",
    "dateutil",
    "jmespath",
    "s3transfer",
    "simplejson",
    "sqlite3",
    "ssl",
    "zoneinfo",
)
ANSWERS = {
    "none": "None",
    "text": "'é😀'",
    "number": "1.50",
    "big integer": "10 ** 400",
    "decimal": "__import__('decimal').Decimal('1.10')",
    "bytes": "b'abc'",
    "set": "{1, 2}",
    "nan": "float('nan')",
    "infinite": "float('inf')",
    "integer keys": "{1: 2, None: 3, True: 4}",
    "tuple keys": "{(1, 2): 3}",
    "generator": "(i for i in range(3))",
    "object": "object()",
    "date": "__import__('datetime').date(2026, 1, 2)",
    "surrogate": "chr(0xd83d)",
    "tuple": "(1, 2)",
    "namedtuple": "__import__('collections').namedtuple('Point', 'x y')(1, 2)",
    "circle": "(lambda made: made.append(made) or made)([])",
    "function": "handle",
    "large": "'x' * 6_300_000",
    "event": "event",
    "memory limit": "context.memory_limit_in_mb",
    "identity": "[context.identity.cognito_identity_id, context.client_context, context.tenant_id]",
    "working folder": "__import__('os').path.exists('backend/entry.py')",
    "arguments": "len(__import__('sys').argv)",
    "annotations": "f'{event!r:>5}'",
}
RAISED = {
    "error": "raise ValueError('boom \\u00e9\\nsecond line')",
    "chain": "raise RuntimeError('outer') from KeyError('k')",
    "no message": "raise type('Odd', (Exception,), {})()",
    "interrupt": "raise KeyboardInterrupt('stop')",
    "stop": "raise StopIteration(3)",
    "recursion": "return handle(event, context)",
    "memory": "raise MemoryError()",
    "system exit": "__import__('sys').exit(3)",
    "exit": "__import__('os')._exit(7)",
    "quiet exit": "__import__('os')._exit(0)",
    "abort": "__import__('os').abort()",
    "segmentation fault": "__import__('os').kill(__import__('os').getpid(), 11)",
    "missing file": "open('nowhere.txt')",
    "too slow": "__import__('time').sleep(30)",
    "group": "raise ExceptionGroup('several', [ValueError('one'), KeyError('two')])",
    "unprintable": "raise type('Bad', (Exception,), {'__str__': lambda self: 1 / 0})()",
}
PACKAGES: dict[str, Package] = {
    **{f"import {name}": importing(name) for name in (*ABSENT, *REMOVED, *PRESENT)},
    **{f"answer {name}": handling(f"return {text}") for name, text in ANSWERS.items()},
    **{f"raise {name}": handling(text) for name, text in RAISED.items()},
    "answer data file": Package(
        "def handle(event, context):\n    return open('backend/data.txt').read()\n",
        files={"backend/data.txt": b"from the package"},
    ),
    "handler without a dot": Package("x = 1", handler="entry"),
    "handler that is missing": Package("x = 1"),
    "handler of a missing module": Package("x = 1", handler="nowhere.handle"),
    "handler with slashes": Package("def handle(e, c):\n    return 1\n", handler="backend/entry.handle"),
    "handler that is no function": Package("handle = 3"),
    "handler of a class": Package(
        "class Group:\n    def handle(e, c): return 1\n", handler="backend.entry.Group.handle"
    ),
    "handler with one argument": Package("def handle(event):\n    return 1\n"),
    "handler that is a coroutine": Package("async def handle(event, context):\n    return 1\n"),
    "handler that is a lambda": Package("handle = lambda *all: len(all)\n"),
    "handler that is an object": Package("class Do:\n    def __call__(self, e, c): return 'called'\nhandle = Do()\n"),
    "syntax error": Package("def handle(e, c)"),
    "tab error": Package("def handle(e, c):\n\tx = 1\n        return x\n"),
    "null byte": Package("x = 1\0"),
    "nested quotes in an f-string": Package('def handle(event, c):\n    return f"{event["a"]}"\n', event={"a": 1}),
    "type statement": Package("type Name = str\ndef handle(event, c):\n    return 1\n"),
    "except star": Package("try:\n    pass\nexcept* ValueError:\n    pass\ndef handle(e, c): return 1\n"),
    "error at import": Package("raise ValueError('bad setting')"),
    "missing variable at import": Package("import os\nos.environ['NOT_SET_ANYWHERE']\n"),
    "exit at import": Package("import sys\nsys.exit(4)\n"),
    "hard exit at import": Package("import os\nos._exit(5)\n"),
    "relative import beyond the package": Package("from ... import x\n"),
    "import of a sibling": Package(
        "from backend.other import x\ndef handle(e, c): return x\n", files={"backend/other.py": b"x = 'sibling'"}
    ),
    "import of a sibling without its package": Package(
        "import other\ndef handle(e, c): return 1\n", files={"backend/other.py": b"x = 1"}
    ),
    "namespace package": Package(
        "import spaces.inner\ndef handle(e, c): return spaces.inner.x\n", files={"spaces/inner.py": b"x = 'inner'"}
    ),
    "extension for arm64": Package(
        "import native\ndef handle(e, c): return 1\n",
        files={
            "native.cpython-313-aarch64-linux-gnu.so": ELF_OF_ARM,
            "native.cpython-311-aarch64-linux-gnu.so": ELF_OF_ARM,
        },
    ),
}
