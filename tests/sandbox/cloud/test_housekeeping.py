"""The chores between requests, which end with the server: nothing that was counted is lost."""

from hybridctl.sandbox.cloud.housekeeping import Housekeeping


def test_what_was_counted_in_the_last_second_is_stored_when_the_sandbox_stops():
    counted, stored = [1], []

    def fail():
        raise RuntimeError("one chore stops no other")

    housekeeping = Housekeeping([fail, lambda: stored.extend(counted), counted.clear])
    housekeeping.start()
    counted.append(2)
    housekeeping.stop()
    assert stored == [1, 2]


def test_a_sandbox_that_never_started_does_no_chores():
    done = []
    Housekeeping([lambda: done.append(1)]).stop()
    assert done == []
