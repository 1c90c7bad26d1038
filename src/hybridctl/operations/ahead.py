"""Reads that begin before their answers are needed, while Terraform is at work."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def read_ahead(read: Callable[[], T]) -> Callable[[], T]:
    """Begin a read now; what is returned waits for its answer, and raises what the read raised.

    A read must change nothing: one that nobody asks for, because something else failed first, is left to itself and
    does not keep the process from ending.
    """
    answer: Future[T] = Future()

    def work() -> None:
        try:
            answer.set_result(read())
        except BaseException as error:
            answer.set_exception(error)

    Thread(target=work, name="ahead", daemon=True).start()
    return answer.result
