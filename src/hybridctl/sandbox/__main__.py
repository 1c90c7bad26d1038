"""python -m hybridctl.sandbox --home DIR [--port N] [--region NAME]: serve until SIGTERM or SIGINT."""

import argparse
import sys
from pathlib import Path

from hybridctl.sandbox import home
from hybridctl.sandbox.announcement import Announcement


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m hybridctl.sandbox", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="directory that holds state, log and ready file")
    parser.add_argument("--port", type=int, help="serve on this port or not at all (default: the last one, or any)")
    parser.add_argument("--ready-fd", type=int, help="write one line of JSON there: ready, or why not")
    parser.add_argument("--region", default=home.REGION, help="the one region that it is")
    options = parser.parse_args(argv)
    home.REGION = options.region
    from hybridctl.sandbox import server  # takes the region as it is by now

    try:
        server.run(home.Home(options.home.resolve()), port=options.port, ready=Announcement(options.ready_fd))
    except server.CannotServe as error:
        Announcement(options.ready_fd).say(error=str(error), hint=error.hint)
        sys.stderr.write(f"sandbox: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
