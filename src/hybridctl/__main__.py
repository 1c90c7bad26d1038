"""`python -m hybridctl`, and the `hybridctl` script."""

import os
import signal
import sys


def main() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):  # a cancelled job, a closed terminal: the same way back as Ctrl-C
        signal.signal(number, signal.default_int_handler)
    from hybridctl.entrypoint import run
    from hybridctl.wiring import real_context

    code = run(sys.argv[1:], real_context())
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads on; what is left must not be written, and complained of, at the very end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(code)


if __name__ == "__main__":
    main()
