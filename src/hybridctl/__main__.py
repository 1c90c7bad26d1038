"""`python -m hybridctl`, and the `hybridctl` script."""

import gc
import os
import signal
import sys

_SWITCH_SECONDS = 0.001  # a thread that waited for an answer goes on at once; Python would let it wait for 5 ms more
_ALLOCATIONS = 50_000  # after so many Python looks for cycles; at its own 700, that is a fifth of a short run


def main() -> None:
    gc.set_threshold(_ALLOCATIONS)
    sys.setswitchinterval(_SWITCH_SECONDS)
    for number in (signal.SIGTERM, signal.SIGHUP):  # a cancelled job, a closed terminal: the same way back as Ctrl-C
        signal.signal(number, signal.default_int_handler)
    from hybridctl.entrypoint import run
    from hybridctl.wiring import real_context

    code = run(sys.argv[1:], real_context())
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads on; what is left must not be written, and complained of, at the very end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    gc.freeze()  # else Python looks through everything once more for what the end of the process frees anyway
    raise SystemExit(code)


if __name__ == "__main__":
    main()
