"""The price file, and AWS's price list through a Stubber."""

import json
from datetime import date

import boto3
import pytest
from botocore.stub import Stubber

from fakes.clock import NOON
from hybridctl.adapters.price_list import ListPrices

TODAY = NOON.date()


def nobody():
    raise AssertionError("AWS was asked")


@pytest.fixture
def ours(tmp_path):
    return ListPrices(tmp_path, nobody).of("us-east-1")


def test_every_price_has_a_source_a_date_and_tiers_that_begin_at_zero(ours):
    for one in ours.prices.values():
        assert one.source
        assert one.seen > date(2024, 1, 1)
        assert one.tiers[0][0] == 0
        assert [start for start, _ in one.tiers] == sorted(start for start, _ in one.tiers)
    assert not ours.foreign


def test_another_regions_prices_are_reported_as_such(tmp_path):
    assert ListPrices(tmp_path, nobody).of("eu-west-1").foreign


def product(usage, *tiers):
    dimensions = {
        f"{number}": {"beginRange": str(start), "endRange": "Inf", "pricePerUnit": {"USD": f"{each:.10f}"}}
        for number, (start, each) in enumerate(tiers)
    }
    terms = {"OnDemand": {"one": {"priceDimensions": dimensions}}}
    return json.dumps({"product": {"attributes": {"usagetype": usage}}, "terms": terms})


def filters_of(service, region):
    fields = {"regionCode": region}
    if service == "AWSDataTransfer":
        fields = {"fromRegionCode": region, "transferType": "AWS Outbound"}
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in fields.items()]
    return {"ServiceCode": service, "Filters": filters, "FormatVersion": "aws_v1"}


@pytest.fixture
def aws(tmp_path):
    client = boto3.client("pricing", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def answer(stubber, region, **products):
    for service in ("AWSLambda", "AmazonApiGateway", "AmazonDynamoDB", "AmazonCloudWatch", "AWSDataTransfer"):
        stubber.add_response("get_products", {"PriceList": products.get(service, [])}, filters_of(service, region))


def test_refreshed_prices_say_what_changed_and_hold_from_then_on(hybridctl, golden, aws, project):
    client, stubber = aws
    lambda_ = [
        product("Request-ARM", (0, 0.0000002)),
        product("Lambda-GB-Second-ARM", (0, 0.00001), (7_500_000_000, 0.000009)),
        product("Lambda-Edge-Request", (0, 0.0000006)),
    ]
    tables = [
        product("TimedStorage-ByteHrs", (0, 0.0), (25, 0.25)),
        product("IA-TimedStorage-ByteHrs", (0, 0.10)),
        product("USE1-ReadRequestUnits", (0, 0.000000125)),
    ]
    answer(stubber, "us-east-1", AWSLambda=lambda_, AmazonDynamoDB=tables)
    ran = hybridctl("cost", "staging", "--refresh-prices", prices=lambda: client)
    golden("cost-refreshed.txt", ran.transcript)
    kept = ListPrices(project / ".hybridctl", nobody).of("us-east-1")
    assert kept["lambda-duration-arm64"].tiers == ((0, 0.00001), (7_500_000_000, 0.000009))
    assert kept["lambda-duration-arm64"].seen == TODAY
    assert kept["dynamodb-storage"].tiers == ((0, 0.25),)
    assert kept["dynamodb-storage"].free == 25
    assert kept["alarms"].tiers == ((0, 0.10),)


def test_products_that_disagree_are_not_guessed_between(aws, tmp_path):
    client, stubber = aws
    prices = ListPrices(tmp_path, lambda: client)
    two = [product("EU-TimedStorage-ByteHrs", (0, 0.3)), product("EU-TimedStorage-ByteHrs", (0, 0.4))]
    answer(stubber, "eu-west-1", AmazonDynamoDB=[*two, product("EU-ReadRequestUnits", (0, 0.0000002))])
    text = prices.ask(prices.of("eu-west-1"), "eu-west-1", TODAY)
    assert set(text.prices) == {"dynamodb-reads"}


def test_a_region_that_has_nothing_of_ours_is_not_kept(hybridctl, aws, project):
    client, stubber = aws
    answer(stubber, "us-east-1")
    ran = hybridctl("cost", "--refresh-prices", prices=lambda: client)
    assert (ran.code, "has no prices" in ran.err) == (3, True)
    assert not (project / ".hybridctl" / "prices-us-east-1.toml").exists()


def test_access_denied_to_the_price_list_names_the_permission(hybridctl, aws):
    client, stubber = aws
    stubber.add_client_error(
        "get_products", "AccessDeniedException", "no", expected_params=filters_of("AWSLambda", "us-east-1")
    )
    ran = hybridctl("cost", "--refresh-prices", prices=lambda: client)
    assert (ran.code, "pricing:GetProducts" in ran.err) == (1, True)


def test_a_price_file_that_was_spoiled_is_named(hybridctl, project):
    (project / ".hybridctl").mkdir()
    (project / ".hybridctl" / "prices-us-east-1.toml").write_text("region = ")
    ran = hybridctl("cost", "staging", "--requests", "1M")
    assert (ran.code, "prices-us-east-1.toml cannot be read" in ran.err) == (2, True)
