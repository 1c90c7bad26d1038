"""Starting up and answering.

Each time is for a whole process, as a user in a shell experiences it.
"""

from collections.abc import Iterator
from time import time

from bench.commands import command, timed
from bench.contest import Contender, Contest
from bench.workshop import HYBRIDCTL, Workshop, peer

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
    read = [aws, "lambda"]
    yield Contest(
        "what a rollback would do",
        command(
            "hybridctl rollback --dry-run",
            [HYBRIDCTL, "rollback", "local", "--dry-run"],
            deployed.inside,
        ),
        [
            Contender(
                "aws, the two look-ups before update-alias",
                lambda: timed(
                    [
                        [*read, "get-alias", "--function-name", _FUNCTION, "--name", "live"],
                        [*read, "list-versions-by-function", "--function-name", _FUNCTION],
                    ],
                    deployed.outside,
                ),
            )
        ],
        note="hybridctl also reads the release records, to find the verified versions",
    )
    last_minute = ["--log-group-name", _GROUP, "--start-time", str(round((time() - 60) * 1000))]
    yield Contest(
        "the last minute of the log",
        command("hybridctl logs", [HYBRIDCTL, "logs", "local", "--since", "1m"], deployed.inside),
        [
            command("aws logs filter-log-events", [aws, "logs", "filter-log-events", *last_minute], deployed.outside),
            command("awslogs get", [awslogs, "get", _GROUP, "-s", "1m", "--no-color"], deployed.outside),
        ],
        note="`aws logs tail` is only in version 2 of the AWS CLI, which is not on any package index",
    )
