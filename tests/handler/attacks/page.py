"""docs/attacks.md, from the cases that the tests carry out."""

from collections.abc import Iterator

from handler.attacks import Attack, Group
from handler.attacks.bodies import BODIES
from handler.attacks.envelopes import HEADERS, METHODS, ORIGINS, SHAPES
from handler.attacks.ids import IDS
from handler.attacks.proofs import BROKEN, PROOFS
from handler.attacks.races import RACES

PROVIDER_MODE = (PROOFS, BROKEN)
REQUESTS = (BODIES, HEADERS, METHODS, SHAPES)
GROUPS = (*PROVIDER_MODE, IDS, RACES, BODIES, HEADERS, METHODS, ORIGINS, SHAPES)


def text() -> str:
    return "\n".join([_head(), *(line for group in GROUPS for line in _section(group))]).rstrip() + "\n"


def _head() -> str:
    tried = [attack for group in GROUPS for attack in group.attacks]
    asked = [attack for group in PROVIDER_MODE for attack in group.attacks]
    proven = sum(attack.made for attack in asked)
    return f"""\
# Attacks on the handler

`make docs` writes this page from `tests/handler/attacks`. `tests/handler/test_application_attacks.py` sends each of these {len(tried)}
requests to the handler, in the form of a Lambda event and with a table, and checks the response and the sessions in the
table, as listed here. It also checks that no log and no error contains a token or a session id. Only a failing identity
provider leads to a 5xx. `tests/e2e/test_sessions.py` sends the bodies, headers, methods and events to the function
deployed in `local` too. `test_description.py` checks that `docs/openapi.json` allows every response.

**No session without proof:** in provider mode {len(asked)} sign-ins were tried. Afterwards the table contains {proven}
sessions: exactly those of the {proven} valid sign-ins.
"""


def _section(group: Group) -> Iterator[str]:
    yield f"## {group.title}\n"
    if group.about:
        yield f"{group.about}\n"
    yield "| tried | answer | a session made |\n| --- | --- | --- |"
    for attack in group.attacks:
        yield f"| {attack.name.replace('|', '¦')} | {_answer(attack)} | {'**yes**' if attack.made else 'no'} |"
    yield ""


def _answer(attack: Attack) -> str:
    if not attack.answer:
        return str(attack.status)
    is_code = attack.answer.replace("_", "").isalpha() and attack.status >= 400
    return f"{attack.status} {f'`{attack.answer}`' if is_code else attack.answer}"
