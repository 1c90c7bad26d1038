"""Building the package.

The package is the unchanged handler plus one third-party library with its own requirements, locked with hashes, for
Python 3.13 on arm64. pip's download cache is warm for every tool.
"""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.commands import Inside, command, timed
from bench.contest import Contender, Contest, Sample
from bench.workshop import HYBRIDCTL, REPOSITORY, Checkout, Workshop, peer

_LIBRARY = ("anyio", "certifi", "h11", "httpcore", "httpx", "idna", "typing-extensions")
_PLATFORM = ("--platform=manylinux2014_aarch64", "--python-version=3.13", "--implementation=cp", "--only-binary=:all:")
_TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Metadata:
      SamResourceId: Function
    Properties: {CodeUri: lambda_src, Handler: backend.entry.handle, Runtime: python3.11, Architectures: [x86_64]}
"""


def contests(workshop: Workshop) -> Iterator[Contest]:
    checkout = workshop.checkout("build")
    _require(checkout)
    build = [HYBRIDCTL, "build"]
    sam_build = [peer("sam"), "build", "--template", "sam.yaml", "--build-dir", ".sam"]

    def forget() -> None:
        shutil.rmtree(checkout.root / ".hybridctl", ignore_errors=True)
        _package(checkout).unlink(missing_ok=True)

    yield Contest(
        "cold",
        command("hybridctl build", build, checkout.inside, prepare=forget),
        [
            Contender("pip install -t, zip", lambda: _by_hand(checkout), lambda: _clean(checkout)),
            command("sam build", sam_build, checkout.inside, prepare=lambda: _clean(checkout)),
        ],
        rounds=3,
        note="sam builds for the Python that it runs on, because it refuses a Python that is not on PATH",
    )
    rounds = iter(range(10_000))
    yield Contest(
        "one source file changed",
        command("hybridctl build", build, checkout.inside, prepare=lambda: checkout.touch(next(rounds))),
        [
            Contender("pip install -t, zip", lambda: _by_hand(checkout), lambda: _clean(checkout)),
            command(
                "sam build --cached",
                [*sam_build, "--cached"],
                checkout.inside,
                prepare=lambda: checkout.touch(next(rounds)),
            ),
        ],
        rounds=3,
    )
    yield Contest(
        "nothing changed",
        command("hybridctl build", build, checkout.inside),
        [command("sam build --cached", [*sam_build, "--cached"], checkout.inside)],
        note="a script of pip and zip cannot detect that nothing changed",
    )


def _require(checkout: Checkout) -> None:
    """A lock file beside the handler, of packages that this repository has locked anyway."""
    locked = (REPOSITORY / "locks" / "dev.lock").read_text(encoding="utf-8")
    entries = re.findall(r"^[a-z][^\n]*\\\n(?:    --hash[^\n]*\n)+", locked, re.MULTILINE)
    wanted = "".join(entry for entry in entries if re.split(r"[=\[ ]", entry)[0] in _LIBRARY)
    source = checkout.root / "lambda_src"
    (source / "requirements.txt").write_text(wanted, encoding="utf-8")  # the name that sam looks for
    (source / "requirements.lock").write_text(wanted, encoding="utf-8")
    (checkout.root / "sam.yaml").write_text(_TEMPLATE, encoding="utf-8")


def _by_hand(checkout: Checkout) -> Sample:
    """The plain pip and zip build, with the flags it takes to build for another platform."""
    folder = checkout.root / "by-hand"
    shutil.copytree(checkout.root / "lambda_src", folder)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *_PLATFORM]
    zip_all = ["zip", "-q", "-r", "../by-hand.zip", "."]
    first = timed(
        [[*install, f"--target={folder}", "-r", "lambda_src/requirements.lock"]],
        checkout.inside,
    )
    second = timed([zip_all], Inside(folder, checkout.environ))
    return {"seconds": first["seconds"] + second["seconds"]}


def _clean(checkout: Checkout) -> None:
    for folder in ("by-hand", ".sam", ".aws-sam"):
        shutil.rmtree(checkout.root / folder, ignore_errors=True)
    (checkout.root / "by-hand.zip").unlink(missing_ok=True)


def _package(checkout: Checkout) -> Path:
    return checkout.root / "terraform" / "lambda_function.zip"
