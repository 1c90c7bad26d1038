"""`python -m hybridctl`, and the `hybridctl` script."""

import signal
import sys


def main() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):  # a cancelled job, a closed terminal: the same way back as Ctrl-C
        signal.signal(number, signal.default_int_handler)
    from hybridctl.entrypoint import run
    from hybridctl.wiring import real_context

    raise SystemExit(run(sys.argv[1:], real_context()))


if __name__ == "__main__":
    main()
