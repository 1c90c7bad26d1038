"""Start reads early, while Terraform is working."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def read_ahead(read: Callable[[], T]) -> Callable[[], T]:
    """Start a read in a thread; the returned function waits for its result, or raises its error.

    `read` must not change anything. If nobody asks for the result because something else failed first, the thread does
    not keep the process alive.
    """
    answer: Future[T] = Future()

    def work() -> None:
        try:
            answer.set_result(read())
        except BaseException as error:
            answer.set_exception(error)

    Thread(target=work, name="ahead", daemon=True).start()
    return answer.result
