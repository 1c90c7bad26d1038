"""Routes, integrations and stages of an HTTP API, read page by page."""

import boto3
from botocore.stub import Stubber

from hybridctl.adapters.aws.http_apis import GatewayApis
from hybridctl.domain.http_api import ApiStage, Route

KEYS = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "eu-west-1"}


def test_an_api_is_read_part_by_part_over_pages_and_one_that_is_gone_is_none():
    aws = boto3.client("apigatewayv2", **KEYS)
    apis = GatewayApis(lambda: aws)
    with Stubber(aws) as stubber:
        first = {"Items": [{"RouteKey": "GET /health", "Target": "integrations/i1"}], "NextToken": "t"}
        stubber.add_response("get_routes", first, {"ApiId": "abc"})
        stubber.add_response("get_routes", {"Items": [{"RouteKey": "$default"}]}, {"ApiId": "abc", "NextToken": "t"})
        integrations = {"Items": [{"IntegrationId": "i1", "IntegrationUri": "arn:f"}]}
        stubber.add_response("get_integrations", integrations, {"ApiId": "abc"})
        throttle = {"ThrottlingRateLimit": 50.0, "ThrottlingBurstLimit": 0}
        stages = {"Items": [{"StageName": "staging", "DefaultRouteSettings": throttle}, {"StageName": "bare"}]}
        stubber.add_response("get_stages", stages, {"ApiId": "abc"})
        stubber.add_response("get_api", {"DisableExecuteApiEndpoint": True}, {"ApiId": "abc"})
        stubber.add_response("get_api", {"Name": "an API of before the setting"}, {"ApiId": "abc"})
        assert apis.routes("abc") == [Route("GET /health", "integrations/i1"), Route("$default", "")]
        assert apis.integrations("abc") == {"i1": "arn:f"}
        assert apis.stages("abc") == [ApiStage("staging", 50.0, 0), ApiStage("bare")]
        assert [apis.is_disabled("abc"), apis.is_disabled("abc")] == [True, False]
        for operation in ("get_routes", "get_integrations", "get_stages", "get_api"):
            stubber.add_client_error(operation, "NotFoundException")
        assert (apis.routes("abc"), apis.integrations("abc"), apis.stages("abc")) == (None, None, None)
        assert apis.is_disabled("abc") is None
