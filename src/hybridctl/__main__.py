"""`python -m hybridctl`, and the `hybridctl` script."""

from __future__ import annotations

# A built-in module. `signal` has imports of its own, and a Ctrl-C during them would print a traceback.
import _signal as signal  # type: ignore[import-not-found]
import os
import sys

_INTERRUPTED = 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _handle_signals(handler: object) -> None:
    """Handle Ctrl-C, a cancelled job and a closed terminal alike; a signal that our parent ignores, as nohup does,
    stays ignored.
    """
    for number in _SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def _leave(_number: int, _frame: object) -> None:
    """Exit directly while there is nothing to clean up: before the work begins and after it has ended."""
    os._exit(_INTERRUPTED)


_handle_signals(_leave)
if signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN:  # inherited, it would make every child process look successful
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)

_SWITCH_SECONDS = 0.001  # a thread that waited for an answer goes on at once; Python would let it wait for 5 ms more
_ALLOCATIONS = 50_000  # after so many Python looks for cycles; at its own 700, that is a fifth of a short run


def main() -> None:
    import gc

    gc.set_threshold(_ALLOCATIONS)
    sys.setswitchinterval(_SWITCH_SECONDS)
    _open_closed_streams()
    try:
        from hybridctl.entrypoint import run
        from hybridctl.wiring import real_context

        _must_be_installed("rich")
    except ModuleNotFoundError as cause:
        from hybridctl.errors import explain_missing

        missing = explain_missing(cause)
        sys.exit(f"error: {missing}\nhint: {missing.hint}")

    context = real_context()
    code = _INTERRUPTED
    try:
        _handle_signals(signal.default_int_handler)  # from here on there may be something to take back
        code = run(sys.argv[1:], context)
        _handle_signals(_leave)
    except KeyboardInterrupt:  # a second one, while the first was being answered
        _handle_signals(_leave)
    context.screen.finish()  # this never fails; the interpreter's own flush, at its end, could
    # Python's own end would free what the end of the process frees anyway (a twentieth of a short command), and print a
    # traceback if a signal arrived at that moment.
    os._exit(code)


def _must_be_installed(module: str) -> None:
    """Raise ModuleNotFoundError now: what is imported when it prints must not be missing in the middle of a release."""
    from importlib.util import find_spec

    if find_spec(module) is None:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)


def _open_closed_streams() -> None:
    """Redirect closed standard streams to /dev/null.

    Otherwise the next file to be opened would get the number of a closed stream, and prints would go into that file.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False))  # noqa: SIM115


if __name__ == "__main__":
    main()
