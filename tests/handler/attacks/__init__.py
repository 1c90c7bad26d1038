"""What is tried against the handler, as data: the tests carry out each case, and docs/attacks.md lists them.

A case says how it is sent and what it is answered; it is run on a scene of its own, with an empty table and a
provider's site that is as the case wants it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from backend.providers.github import GitHub
from backend.providers.google import Google
from backend.verification import PATIENCE, ByProvider, OpenProvider
from handler.fakes import ENVIRON, LOGIN, NOON, TABLE, Answered, Handler, RecordingClient
from handler.provider_site import GITHUB_INFO, GOOGLE_INFO, FakeProviderSite


class Scene:
    """A handler in trusted mode, others in provider mode, one table, and the site that providers answer from."""

    table = TABLE

    def __init__(self, dynamodb: RecordingClient, site: FakeProviderSite) -> None:
        self.dynamodb = dynamodb
        self.site = site
        self.handler = Handler(dynamodb)
        self.own: list[str] = []
        self.verifying_ones: list[Handler] = []

    def log_in(self, user: str) -> str:
        """A session that the case begins with, and that it did not make."""
        self.own.append(self.handler.log_in(user))
        return self.own[-1]

    def ask(self, event: object) -> Answered:
        """The answer of the trusting handler; its calls alone are in the table's record afterwards."""
        self.dynamodb.calls.clear()
        return self.handler.send(event)

    @cached_property
    def ann(self) -> str:
        return self.log_in("ann")

    @cached_property
    def ben(self) -> str:
        return self.log_in("ben")

    def verifying(self, patience: float = PATIENCE, **open_others: OpenProvider) -> Handler:
        """The handler that asks a provider; Google's and GitHub's files, with the site's address for theirs."""
        opened = {
            "google": lambda: Google(["our-client"], clock=lambda: NOON, base_url=self.site.url),
            "github": lambda: GitHub("our-client", lambda **_: "hush", base_url=self.site.url),
            **open_others,
        }
        environ = {**ENVIRON, "TOKEN_VERIFICATION": "provider"}
        self.verifying_ones.append(Handler(self.dynamodb, environ, ByProvider(opened, patience=patience)))
        return self.verifying_ones[-1]

    def sign_in(self, provider: str, info: dict, *, patience: float = PATIENCE, body: dict | None = None) -> Answered:
        """POST /auth/session in provider mode, where the site describes the token by `info` on top of a good answer."""
        if not self.site.answer:
            self.site.answer = {**(GOOGLE_INFO if provider == "google" else GITHUB_INFO), **info}
        return self.verifying(patience).call("POST", "/auth/session", {**LOGIN, "provider": provider, **(body or {})})

    @property
    def logged(self) -> list[str]:
        return [line for handler in (self.handler, *self.verifying_ones) for line in handler.lines]

    def find_made(self) -> list[str]:
        """The ids of the sessions in the table that were not there in the beginning."""
        items = self.dynamodb.table.scan(TableName=self.table)["Items"]
        found = [item["session_id"]["S"] for item in items if "user_id" in item]
        return [session_id for session_id in found if session_id not in self.own]


def read_outcome(scene: Scene, answered: Answered) -> str:
    """What an answer says, in a few words."""
    if not answered.text:
        return ""
    body = answered.body
    if "error" in body:
        return str(body["error"]["code"])
    if "valid" in body:
        return f"valid: {str(body['valid']).lower()}"
    return f"for {body['user_id']}" if "user_id" in body else ""


@dataclass(frozen=True, slots=True)
class Attack:
    """One case: `name` says what is tried, `send` tries it, and `look` reads the answer as the page states it.

    `made` is how many sessions it makes; `ann` whether her session counts afterwards, which only cases that end it
    themselves may deny.
    """

    name: str
    send: Callable[[Scene], Answered]
    status: int
    answer: str
    made: int = 0
    ann: bool = True
    look: Callable[[Scene, Answered], str] = read_outcome


@dataclass(frozen=True, slots=True)
class Group:
    """Cases of one kind; `about` stands above them on the page."""

    title: str
    about: str
    attacks: tuple[Attack, ...]
