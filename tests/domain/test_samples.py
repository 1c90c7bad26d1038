"""What one version answered, as numbers."""

from hybridctl.domain.samples import Sample, Totals


def test_a_percentile_is_one_of_the_durations_and_of_nothing_there_is_none():
    durations = Sample(1, 4, 0, 0, (1.0, 2.0, 3.0, 40.0))
    assert [durations.percentile(rank) for rank in (0, 50, 75, 95, 100)] == [1.0, 2.0, 3.0, 40.0, 40.0]
    assert Sample(1).percentile(95) is None
    assert Sample(1).error_share is None


def test_the_metrics_add_what_the_log_lacks_and_take_nothing_away():
    seen = Sample(2, 10, 4)
    assert seen.add_totals(Totals(8, 1)) == seen
    assert (seen.add_totals(Totals(20, 7)).requests, seen.add_totals(Totals(20, 7)).errors) == (20, 7)


def test_a_sum_has_all_numbers_of_both_and_its_durations_in_order():
    one, other = Sample(2, 3, 1, 1, (4.0, 9.0)), Sample(2, 20, 10, 100, (1.0, 5.0, 12.0))
    assert one.add(other) == Sample(2, 23, 11, 101, (1.0, 4.0, 5.0, 9.0, 12.0))
