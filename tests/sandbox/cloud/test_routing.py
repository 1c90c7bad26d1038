"""Alias weights: chosen per request, for Invoke and for HTTP."""

from collections import Counter
from random import Random

import pytest

from hybridctl.sandbox.cloud.routing import choose


@pytest.mark.parametrize(("weight", "expected"), [(0.0, 0), (0.1, 1000), (0.5, 5000), (1.0, 10_000)])
def test_a_version_gets_the_share_that_its_weight_says(weight, expected):
    random = Random(7)
    alias = {"FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"2": weight}}}
    drawn = Counter(choose(alias, random) for _ in range(10_000))
    assert abs(drawn["2"] - expected) <= (150 if 0 < weight < 1 else 0)


def test_an_alias_without_weights_is_its_version():
    assert choose({"FunctionVersion": "3"}, Random(1)) == "3"


def _shift(function, weights):
    routing = {"AdditionalVersionWeights": weights}
    function.client.update_alias(FunctionName=function.name, Name="live", RoutingConfig=routing)


def test_invoke_reports_the_version_that_the_weight_chose(api):
    function = api.function
    function.update("two")
    _shift(function, {function.publish(): 1.0})
    answer = function.invoke({}, "live")
    assert (answer["ExecutedVersion"], answer["body"]["version"], answer["body"]["code"]) == ("2", "2", "two")


def test_an_http_api_follows_the_weights_of_its_alias(api):
    function = api.function
    function.update("two")
    version = function.publish()
    _shift(function, {version: 0.5})
    assert {api.request("/health").json()["version"] for _ in range(30)} == {"1", "2"}
    _shift(function, {})
    assert {api.request("/health").json()["version"] for _ in range(5)} == {"1"}


def test_reading_an_alias_is_never_random(api):
    function = api.function
    function.update("two")
    _shift(function, {function.publish(): 0.5})
    client = function.client
    read = [client.get_function_configuration(FunctionName=function.name, Qualifier="live") for _ in range(10)]
    assert {one["Version"] for one in read} == {"1"}
