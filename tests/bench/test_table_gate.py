"""The endpoint that throttles a table, on the table of the tests."""

import pytest

from bench.table_gate import Service


def test_about_a_tenth_is_not_taken_and_none_is_forgotten():
    service = Service(port=0, whole=0.05, part=0.05)
    sent = list(range(25))
    taken, refused = 0, 0
    for _ in range(400):
        if service.is_refused():
            refused += 1
            continue
        kept, left = service.split(sent)
        assert sorted(kept + left) == sent
        taken += len(kept)
    assert taken == pytest.approx(9000, rel=0.05)
    assert service.stats["refused"] == refused
    assert service.stats["unprocessed"] == (400 - refused) * 25 - taken


def test_after_so_many_batches_none_is_read():
    service = Service(port=0, batches=2)
    held = []
    for _ in range(3):
        service.notes("BatchWriteItem")
        held.append(service.is_held())
    assert held == [False, False, True]
    assert service.stats["held"] == 1
