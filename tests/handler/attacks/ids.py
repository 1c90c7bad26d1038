"""Session ids: guessed, foreign, malformed, ended; and who may end whose."""

import json
from functools import partial

from handler import events
from handler.attacks import Attack, Group, Scene
from handler.fakes import LOGIN, TABLE, Answered, Handler

GUESSED = "A" * 43
CHOSEN = "B" * 43
DAY = 86400


def ask_validate(scene: Scene, session_id: object) -> Answered:
    return scene.ask(events.http_api("POST", "/auth/validate", json.dumps({"session_id": session_id})))


def validate(session_id: object) -> partial:
    return partial(_validate, session_id)


def _validate(session_id: object, scene: Scene) -> Answered:
    assert scene.ann
    return ask_validate(scene, session_id)


def of_ann(change: object) -> partial:
    """Validate what `change` makes of Ann's id."""
    return partial(_of_ann, change)


def _of_ann(change, scene: Scene) -> Answered:
    return ask_validate(scene, change(scene.ann))


def bearer(method: str, path: str, authorization: str) -> partial:
    return partial(_bearer, method, path, authorization)


def _bearer(method: str, path: str, authorization: str, scene: Scene) -> Answered:
    """`{ann}` and `{ben}` in the header stand for their ids."""
    value = authorization.replace("{ann}", scene.ann).replace("{ben}", scene.ben)
    return scene.ask(events.http_api(method, path, headers={"authorization": value}))


def choosing(**more: object) -> partial:
    return partial(_choosing, more)


def _choosing(more: dict, scene: Scene) -> Answered:
    """A log-in whose client would like to say which id it gets."""
    answered = scene.handler.send(
        events.http_api("POST", "/auth/session", json.dumps({**LOGIN, "user_id": "ben", **more}))
    )
    assert answered.body["session_id"] not in (CHOSEN, scene.ann)
    assert not scene.handler.is_valid(CHOSEN)
    return answered


def fix_in_header(scene: Scene) -> Answered:
    headers = {"cookie": f"session_id={CHOSEN}", "authorization": f"Bearer {scene.ann}"}
    answered = scene.handler.send(
        events.http_api("POST", "/auth/session", json.dumps({**LOGIN, "user_id": "ben"}), headers)
    )
    assert answered.body["session_id"] not in (CHOSEN, scene.ann)
    return answered


def end_session(how: str, then: str = "validate") -> partial:
    return partial(_end_session, how, then)


def _end_session(how: str, then: str, scene: Scene) -> Answered:
    """Ann's session comes to its end, and her id is used once more."""
    handler, ann = scene.handler, scene.ann
    if how == "logged out":
        assert handler.call("DELETE", "/auth/session", bearer=ann).status == 204
    elif how == "logged out everywhere":
        assert handler.call("DELETE", "/auth/sessions", bearer=scene.log_in("ann")).status == 204
    elif how == "logged out everywhere, the item still there":
        kept = scene.dynamodb.table.get_item(TableName=TABLE, Key={"session_id": {"S": ann}})["Item"]
        assert handler.call("DELETE", "/auth/sessions", bearer=scene.log_in("ann")).status == 204
        scene.dynamodb.table.put_item(TableName=TABLE, Item=kept)
    elif how == "expired":
        keep_in_use(handler, ann, days=30)
    elif how == "idle":
        handler.now += 7 * DAY
    if then == "validate":
        return ask_validate(scene, ann)
    return scene.ask(events.http_api(*then.split(), headers={"authorization": f"Bearer {ann}"}))


def keep_in_use(handler: Handler, session_id: str, days: int) -> None:
    for _ in range(days - 1):
        handler.now += DAY
        assert handler.is_valid(session_id)
    handler.now += DAY


def use_id_of_anns_epoch(scene: Scene) -> Answered:
    """A user whose name is the key under which Ann's log-outs are counted logs out everywhere."""
    assert scene.ann
    trap = scene.log_in("user#ann")
    return scene.handler.call("DELETE", "/auth/sessions", bearer=trap)


def foreign_in_body(scene: Scene) -> Answered:
    body = json.dumps({"user_id": "ann", "session_id": scene.ann})
    headers = {"authorization": f"Bearer {scene.ben}"}
    return scene.handler.send(events.http_api("DELETE", "/auth/sessions", body, headers))


def devices(scene: Scene, answered: Answered) -> str:
    shown = json.dumps(answered.body)
    assert scene.ann not in shown
    assert scene.ben not in shown
    return f"{len(answered.body['sessions'])} device, ids shortened"


NOT_VALID = (200, "valid: false")
NO_SESSION = (401, "unauthenticated")
FIELD = (400, "invalid_field")
LIST, OUT, EVERYWHERE = ("GET", "/auth/sessions"), ("DELETE", "/auth/session"), ("DELETE", "/auth/sessions")

IDS = Group(
    "Session ids",
    "Ann is logged in. Her session counts after each of these but the ones that end it; every `valid: false` below is the\n"
    "same bytes after the same two reads of the table, and so is every 401 where an id was sent: neither the answer nor its\n"
    "timing tells a guesser why.",
    (
        Attack("a client chooses its id at the log-in", choosing(session_id=CHOSEN, id=CHOSEN), 201, "for ben", made=1),
        Attack("a client brings an id in a cookie, and Ann's in a header", fix_in_header, 201, "for ben", made=1),
        Attack("a guessed id", validate(GUESSED), *NOT_VALID),
        Attack("an empty id", validate(""), *NOT_VALID),
        Attack("an id one character short", of_ann(lambda ann: ann[:-1]), *NOT_VALID),
        Attack("the eight characters that the device list shows", of_ann(lambda ann: ann[:8]), *NOT_VALID),
        Attack("Ann's id in other case", of_ann(str.swapcase), *NOT_VALID),
        Attack("Ann's id and a line break", of_ann(lambda ann: ann + "\n"), *NOT_VALID),
        Attack("Ann's id and a NUL", of_ann(lambda ann: ann + "\x00"), *NOT_VALID),
        Attack("Ann's id, one letter full-width", of_ann(lambda ann: ann[:-1] + chr(ord(ann[-1]) + 0xFEE0)), *NOT_VALID),
        Attack("an id with a lone surrogate", validate("\ud800" * 43), *NOT_VALID),
        Attack("an id of 15 000 characters", validate("x" * 15_000), *NOT_VALID),
        Attack("the key under which Ann's log-outs are counted", validate("user#ann"), *NOT_VALID),
        Attack("a path for an id", validate("../" * 14 + "x"), *NOT_VALID),
        Attack("an id that is a list", validate([GUESSED]), *FIELD),
        Attack("an id that is a number", validate(5), *FIELD),
        Attack("an id that is `true`", validate(True), *FIELD),
        Attack("an id that is `null`", validate(None), *FIELD),
        Attack('an id in the table\'s own spelling, `{"S": …}`', validate({"S": GUESSED}), *FIELD),
        Attack("an id that is an operator, `{\"$ne\": \"\"}`", validate({"$ne": ""}), *FIELD),
        Attack("a log-out without an id", bearer(*OUT, ""), *NO_SESSION),
        Attack("a log-out with a guessed id", bearer(*OUT, f"Bearer {GUESSED}"), *NO_SESSION),
        Attack("a log-out everywhere with a guessed id", bearer(*EVERYWHERE, f"Bearer {GUESSED}"), *NO_SESSION),
        Attack("Ann's id as a password (`Basic`)", bearer(*LIST, "Basic {ann}"), *NO_SESSION),
        Attack("Ben's and Ann's ids in one header", bearer(*LIST, "Bearer {ben}, Bearer {ann}"), *NO_SESSION),
        Attack("Ann's id and a second word", bearer(*OUT, "Bearer {ann} {ben}"), *NO_SESSION),
        Attack("Ben asks for devices", bearer(*LIST, "Bearer {ben}"), 200, "1 device, ids shortened", look=devices),
        Attack("Ben logs out everywhere, Ann named in the body", foreign_in_body, 204, ""),
        Attack("a user named as the key of Ann's log-outs logs out everywhere", use_id_of_anns_epoch, 204, ""),
        Attack("logged out, and validated again", end_session("logged out"), *NOT_VALID, ann=False),
        Attack("logged out, and logged out again", end_session("logged out", "DELETE /auth/session"), *NO_SESSION, ann=False),
        Attack("logged out everywhere from another device", end_session("logged out everywhere"), *NOT_VALID, ann=False),
        Attack("the same, and everywhere once more", end_session("logged out everywhere", "DELETE /auth/sessions"), *NO_SESSION, ann=False),
        Attack("the same, while the old item is still in the table", end_session("logged out everywhere, the item still there"), *NOT_VALID, ann=False),
        Attack("the same, and the device list", end_session("logged out everywhere, the item still there", "GET /auth/sessions"), *NO_SESSION, ann=False),
        Attack("expired, in daily use, and not yet removed by TTL", end_session("expired"), *NOT_VALID, ann=False),
        Attack("not seen for the idle time", end_session("idle"), *NOT_VALID, ann=False),
    ),
)  # fmt: skip
