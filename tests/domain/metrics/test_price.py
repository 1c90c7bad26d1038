"""What an hour of watching metrics costs."""

import pytest

from fakes.backend import outputs
from hybridctl.domain.metrics.catalogue import catalogue, subjects_of
from hybridctl.domain.metrics.price import hourly_price
from hybridctl.domain.metrics.readings import queries
from hybridctl.domain.metrics.series import Query
from hybridctl.domain.outputs import Outputs


def test_an_hour_is_sixty_readings_and_statistics_of_one_metric_count_once():
    slow = Query("AWS/Lambda", "Duration", (("FunctionName", "f"),), "p99")
    median = Query("AWS/Lambda", "Duration", (("FunctionName", "f"),), "p50")
    assert hourly_price([slow, median]) == pytest.approx(60 * 0.01 / 1000)
    everything = queries(catalogue(subjects_of(Outputs(outputs(1)), "staging")))
    assert 0.02 < hourly_price(everything) < 0.10
