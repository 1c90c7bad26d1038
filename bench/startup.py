"""Starting up and answering.

Each time is for a whole process, as a user in a shell experiences it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from time import time

from bench.commands import command, timed
from bench.contest import Contender, Contest
from bench.workshop import HYBRIDCTL, Checkout, Workshop, peer

_SAME_CALLS = str(Path(__file__).with_name("same_calls.py"))
_FUNCTION = "hybrid-ci-cd-local"
_GROUP = f"/aws/lambda/{_FUNCTION}"


def contests(workshop: Workshop) -> Iterator[Contest]:
    aws, awslogs, sam = peer("aws"), peer("awslogs"), peer("sam")
    yield Contest(
        "help",
        command("hybridctl --help", [HYBRIDCTL, "--help"]),
        [
            command("aws --version", [aws, "--version"]),
            command("awslogs --help", [awslogs, "--help"]),
            command("sam --help", [sam, "--help"]),
        ],
        rounds=11,
        note="`aws help` renders a manual page with another program, so `aws --version`, which does less, replaces it",
    )
    yield Contest(
        "help of a command",
        command("hybridctl rollback --help", [HYBRIDCTL, "rollback", "--help"]),
        [
            command("awslogs get --help", [awslogs, "get", "--help"]),
            command("sam logs --help", [sam, "logs", "--help"]),
        ],
        rounds=11,
    )
    deployed = workshop.deployed
    deployed.touch(1)
    deployed.must("deploy", "local")
    yield from _reads(deployed, aws, awslogs)


def _reads(deployed: Checkout, aws: str, awslogs: str) -> Iterator[Contest]:
    """What a person asks several times a day: the answer of one command, and what else gives it."""

    def contest(title: str, line: str, *others: Contender, note: str) -> Contest:
        name = line.split(maxsplit=1)[0]
        return Contest(
            title,
            command(f"hybridctl {line}", [HYBRIDCTL, *line.split(), "--env", "local"], deployed.inside),
            [command("the same calls by boto3", [sys.executable, _SAME_CALLS, name], deployed.outside), *others],
            note=note,
        )

    def by_aws(name: str, *lines: str) -> Contender:
        return Contender(name, lambda: timed([[aws, *line.split()] for line in lines], deployed.outside))

    function, alias = f"--function-name {_FUNCTION}", f"lambda get-alias --function-name {_FUNCTION} --name live"
    last_minute = f"--log-group-name {_GROUP} --start-time {round((time() - 60) * 1000)}"
    yield contest(
        "what was released",
        "releases",
        by_aws("aws, alias and list of versions", alias, f"lambda list-versions-by-function {function}"),
        note="hybridctl also shows who released each version, when and why",
    )
    yield contest(
        "what a rollback would do",
        "rollback --dry-run",
        by_aws("aws, the two look-ups before update-alias", alias, f"lambda list-versions-by-function {function}"),
        note="hybridctl also reads the release records, to find the verified versions",
    )
    yield contest(
        "how it stands",
        "status",
        by_aws("aws, alias and alarms alone", alias, "cloudwatch describe-alarms"),
        note="hybridctl asks eight services, twenty-five calls at once, and judges the answers",
    )
    yield contest(
        "the last minute of the log",
        "logs --since 1m",
        by_aws("aws logs", f"logs filter-log-events {last_minute}"),
        command("awslogs get", [awslogs, "get", _GROUP, "-s", "1m", "--no-color"], deployed.outside),
        note="aws: filter-log-events; `aws logs tail` needs version 2, which is not on any package index",
    )
