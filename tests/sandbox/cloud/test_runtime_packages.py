"""Packages that start or fail on AWS do the same in the sandbox; the witness is AWS's Runtime Interface Emulator.

`rie.json` holds its answers, from `rie.py`. With `RIE` in the environment naming the emulator, and a Python of the
version with awslambdaric and boto3 alone in `RIE_PYTHON`, those are asked again.
"""

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from hybridctl.sandbox.interpreters import find_python
from sandbox.cloud import rie
from sandbox.cloud.environments import local_environments
from sandbox.cloud.packages import PACKAGES, normal

RECORDED = json.loads(rie.RECORDED.read_text(encoding="utf-8"))
# Where the sandbox answers otherwise than the emulator, and why.
IN_INIT = (
    "the emulator starts the runtime within the invocation and answers nothing when it ends; Lambda says how it ended"
)
DIFFERENT = {"exit at import": IN_INIT, "hard exit at import": IN_INIT}


def test_every_package_is_recorded():
    assert len(PACKAGES) >= 40
    for answers in RECORDED.values():
        assert set(answers) == set(PACKAGES)


@pytest.fixture(scope="module", params=sorted(RECORDED))
def answered(request, tmp_path_factory):
    """The version of Python, and the answer of every package on it."""
    minor = request.param
    if find_python(f"python{minor}", os.environ) is None:
        pytest.skip(f"Python {minor} is not installed on this machine")
    with local_environments(tmp_path_factory.mktemp("packages")) as make, ThreadPoolExecutor(4) as threads:

        def answer(package):
            made = make(package.content, runtime=f"python{minor}", handler=package.handler, Timeout=package.timeout)
            body = made.invoke(package.event, "id", arn="arn", write=lambda lines: None).answer
            return rie.shorten(normal(rie.read(body) if isinstance(body, bytes) else body))

        return minor, dict(zip(PACKAGES, threads.map(answer, PACKAGES.values()), strict=True))


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_starts_or_fails_as_on_aws(answered, name):
    minor, answers = answered
    if name in DIFFERENT:
        assert answers[name] != RECORDED[minor][name]
    else:
        assert answers[name] == RECORDED[minor][name]


def test_the_recorded_answers_are_those_of_the_emulator():
    program = os.environ.get("RIE") or shutil.which("aws-lambda-rie")
    python = os.environ.get("RIE_PYTHON")
    if not program or not python:
        pytest.skip(
            "RIE and RIE_PYTHON name no emulator and no Python with awslambdaric: see tests/sandbox/cloud/rie.py"
        )
    [(minor, answers)] = rie.record(program, [python]).items()
    assert answers == RECORDED[minor]
