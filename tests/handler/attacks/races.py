"""What happens between two steps of one request."""

from functools import partial

from handler.attacks import Attack, Group, Scene
from handler.fakes import LOGIN, TABLE, Answered, Handler


def renew_while(path: str, *, asked_again: bool = False) -> partial:
    return partial(_renew_while, path, asked_again)


def _renew_while(path: str, asked_again: bool, scene: Scene) -> Answered:
    """The log-out lands between the reads of a validation and the write that renews the session.

    That write must not bring the item back; whether it does is seen when it is `asked_again`.
    """
    handler, elsewhere, ann = scene.handler, Handler(scene.dynamodb), scene.ann
    handler.now += 600
    touch = handler.store.touch

    def touch_late(session, now):
        assert elsewhere.call("DELETE", path, bearer=ann).status == 204
        return touch(session, now)

    handler.store.touch = touch_late
    answered = handler.call("POST", "/auth/validate", {"session_id": ann})
    handler.store.touch = touch
    return handler.call("POST", "/auth/validate", {"session_id": ann}) if asked_again else answered


def begin_before_and_write_after(scene: Scene) -> Answered:
    """Ann logs out everywhere while a log-in of hers has read the count of log-outs and not yet written its session."""
    handler, elsewhere, ann = scene.handler, Handler(scene.dynamodb), scene.ann
    add = handler.store.add

    def add_late(session):
        assert elsewhere.call("DELETE", "/auth/sessions", bearer=ann).status == 204
        return add(session)

    handler.store.add = add_late
    late = handler.call("POST", "/auth/session", {**LOGIN, "user_id": "ann"}).body["session_id"]
    return handler.call("POST", "/auth/validate", {"session_id": late})


def two_log_outs_that_saw_the_same(scene: Scene) -> Answered:
    """Two devices log out everywhere at once, and a session of the time after lives on."""
    handler, elsewhere, ann, other = scene.handler, Handler(scene.dynamodb), scene.ann, scene.log_in("ann")
    end_epoch = handler.store.end_epoch
    after = []

    def end_late(session, now):
        assert elsewhere.call("DELETE", "/auth/sessions", bearer=other).status == 204
        after.append(scene.log_in("ann"))
        return end_epoch(session, now)

    scene.handler.store.end_epoch = end_late
    assert handler.call("DELETE", "/auth/sessions", bearer=ann).status == 204
    return handler.call("POST", "/auth/validate", {"session_id": after[0]})


def a_log_out_late_by_two_others(scene: Scene) -> Answered:
    """Its write must not take the count of log-outs back to where a session that was ended since would count again."""
    handler, elsewhere, ann, other = scene.handler, Handler(scene.dynamodb), scene.ann, scene.log_in("ann")
    end_epoch = handler.store.end_epoch
    between = []

    def end_late(session, now):
        assert elsewhere.call("DELETE", "/auth/sessions", bearer=other).status == 204
        between.append(scene.log_in("ann"))
        item = scene.dynamodb.table.get_item(TableName=TABLE, Key={"session_id": {"S": between[0]}})["Item"]
        assert elsewhere.call("DELETE", "/auth/sessions", bearer=between[0]).status == 204
        scene.dynamodb.table.put_item(TableName=TABLE, Item=item)  # as if the index had not shown it to the clean-up
        return end_epoch(session, now)

    handler.store.end_epoch = end_late
    assert handler.call("DELETE", "/auth/sessions", bearer=ann).status == 204
    return handler.call("POST", "/auth/validate", {"session_id": between[0]})


NOT_VALID = (200, "valid: false")

RACES = Group(
    "At the same moment",
    "Another container ends Ann's session between two steps of a request.",
    (
        Attack("a renewal, while she logs out everywhere", renew_while("/auth/sessions"), *NOT_VALID, ann=False),
        Attack("a renewal, while she logs out here", renew_while("/auth/session"), *NOT_VALID, ann=False),
        Attack("the same, and asked again", renew_while("/auth/session", asked_again=True), *NOT_VALID, ann=False),
        Attack(
            "a log-in that began before a log-out everywhere and was written after it",
            begin_before_and_write_after,
            *NOT_VALID,
            made=1,
            ann=False,
        ),
        Attack(
            "two log-outs everywhere at once, and a log-in between them",
            two_log_outs_that_saw_the_same,
            200,
            "valid: true",
            ann=False,
        ),
        Attack(
            "a log-out everywhere late by two others, and the session that the second ended",
            a_log_out_late_by_two_others,
            *NOT_VALID,
            ann=False,
        ),
    ),
)
