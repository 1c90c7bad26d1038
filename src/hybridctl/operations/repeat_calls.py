"""Repeat requests that the function itself did not answer: only its own answer is a verdict."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hybridctl.domain.counting import count_noun
from hybridctl.domain.smoke import Answer, is_of_function, is_of_integration, name_answer
from hybridctl.domain.smoke_plan import Call
from hybridctl.errors import NoAnswer
from hybridctl.ports.run import Clock

_PAUSE = 2.0
_GONE = (401, 404, 410)


@dataclass
class RepeatedCalls:
    """Return the answers of `ask`, repeating requests for `seconds` from the first call on.

    `notes` lists the calls that were repeated. Raises NoAnswer if nobody, or only a proxy or the gateway, answered in
    that time. The gateway's report that the function failed (5xx) counts as an answer in the end, because the function
    was invoked. Without `names_version` the function's answers cannot be recognized, so every answer below 500 counts
    as its own.
    """

    ask: Callable[[Call], Answer]
    clock: Clock
    seconds: float
    say: Callable[[str], None] = lambda _: None
    names_version: bool = True
    notes: list[str] = field(default_factory=list)
    _deadline: float | None = None
    _given_up: str = ""

    def __call__(self, call: Call) -> Answer:
        if self._given_up:
            raise NoAnswer(f"not asked: {self._given_up}")
        began = self.clock.monotonic()
        if self._deadline is None:
            self._deadline = began + self.seconds
        tries, why, is_lost = 0, "", False
        while True:
            tries += 1
            answer: Answer | None = None
            try:
                answer = self.ask(call)
            except NoAnswer as error:
                why, is_lost = str(error).rpartition("no response: ")[2], True
            if answer is not None and self._is_of_function(answer):
                return self._understand(call, answer, tries, began, why, is_lost=is_lost)
            if answer is not None:
                why = name_answer(answer)
            if self.clock.monotonic() >= self._deadline:
                if answer is not None and is_of_integration(answer):
                    return answer
                self._given_up = f"{call}: {why}, {count_noun(tries, 'time')}"
                raise NoAnswer(self._given_up, hint="hybridctl doctor")
            self.say(f"retrying {call}: {why}")
            self.clock.sleep(_PAUSE)

    def _is_of_function(self, answer: Answer) -> bool:
        return is_of_function(answer) or (not self.names_version and answer.status < 500)

    def _understand(self, call: Call, answer: Answer, tries: int, began: float, why: str, *, is_lost: bool) -> Answer:
        """Return the answer. If an earlier attempt was carried out but its answer was lost, the repeated request's
        answer is read accordingly.
        """
        if tries == 1:
            return answer
        self.notes.append(f"answered on attempt {tries} after {self.clock.monotonic() - began:.0f} s: {why}")
        if is_lost and call.method == "DELETE" and answer.status in _GONE:
            return replace(answer, status=200)  # it is gone: the request whose answer was lost did it
        if is_lost and call.method not in ("GET", "HEAD", "PUT") and 400 <= answer.status < 500:
            raise NoAnswer(f"{call}: the response was lost, and the request cannot be repeated")
        return answer
