mock_provider "aws" {
  mock_resource "aws_apigatewayv2_api" {
    defaults = { id = "api1", execution_arn = "arn:aws:execute-api:us-east-1:000000000000:api1" }
  }

  mock_resource "aws_apigatewayv2_integration" {
    defaults = { id = "integration1" }
  }

  mock_resource "aws_apigatewayv2_stage" {
    defaults = { invoke_url = "https://api1.execute-api.us-east-1.amazonaws.com/test/" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/apigateway/project-test" }
  }
}

variables {
  name                   = "project-test"
  stage_name             = "test"
  routes                 = ["GET /health", "$default"]
  function_name          = "project-test"
  alias_name             = "live"
  alias_invoke_arn       = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:project-test:live/invocations"
  cors_origins           = ["https://app.example.com"]
  throttling_burst_limit = 200
  throttling_rate_limit  = 100
  log_group_name         = "/aws/vendedlogs/apigateway/project-test"
  log_retention_days     = 7
}

run "traffic_goes_to_the_alias" {
  assert {
    condition     = aws_apigatewayv2_integration.this.integration_uri == var.alias_invoke_arn
    error_message = "The API reaches something else than the alias."
  }

  assert {
    condition     = aws_apigatewayv2_integration.this.payload_format_version == "2.0"
    error_message = "The handler is written for payload 2.0."
  }

  assert {
    condition     = aws_lambda_permission.alias.qualifier == "live"
    error_message = "A permission without qualifier opens every version."
  }

  assert {
    condition     = aws_lambda_permission.alias.source_arn == "arn:aws:execute-api:us-east-1:000000000000:api1/test/*"
    error_message = "Another API could invoke the function."
  }

  assert {
    condition     = alltrue([for route in aws_apigatewayv2_route.this : route.target == "integrations/integration1"])
    error_message = "A route leads nowhere."
  }

  assert {
    condition     = output.endpoint == "https://api1.execute-api.us-east-1.amazonaws.com/test"
    error_message = "The endpoint ends in a slash, so that endpoint + \"/health\" is another path."
  }
}

run "the_stage_is_throttled_and_deploys_itself" {
  command = plan

  assert {
    condition     = aws_apigatewayv2_stage.this.auto_deploy && aws_apigatewayv2_stage.this.name == "test"
    error_message = "Changes of routes would wait for a deployment nobody makes."
  }

  assert {
    condition = (
      one(aws_apigatewayv2_stage.this.default_route_settings).throttling_burst_limit == 200
      && one(aws_apigatewayv2_stage.this.default_route_settings).throttling_rate_limit == 100
    )
    error_message = "Without limits one client uses up the account's."
  }
}

run "the_access_log_is_json_and_says_what_incidents_need" {
  assert {
    condition = length(setsubtract(
      ["requestId", "functionRequestId", "requestTimeEpoch", "routeKey", "status", "responseLatency", "integrationLatency", "integrationError", "sourceIp", "userAgent"],
      keys(jsondecode(one(aws_apigatewayv2_stage.this.access_log_settings).format)),
    )) == 0
    error_message = "A field is missing from the access log."
  }

  assert {
    condition     = aws_cloudwatch_log_group.access.retention_in_days == 7
    error_message = "The access log is kept for ever, or too short."
  }
}

run "cors_names_its_origins_and_needs_no_credentials" {
  command = plan

  assert {
    condition = (
      one(one(aws_apigatewayv2_api.this.cors_configuration).allow_origins) == "https://app.example.com"
      && !one(aws_apigatewayv2_api.this.cors_configuration).allow_credentials
    )
    error_message = "CORS admits more than the origins given."
  }
}

run "no_origin_turns_cors_off" {
  command = plan

  variables {
    cors_origins = []
  }

  assert {
    condition     = length(aws_apigatewayv2_api.this.cors_configuration) == 0
    error_message = "CORS is on for nobody."
  }
}

run "any_origin_with_credentials_is_refused" {
  command         = plan
  expect_failures = [var.cors_allow_credentials]

  variables {
    cors_origins           = ["*"]
    cors_allow_credentials = true
  }
}

run "an_origin_with_a_path_is_refused" {
  command         = plan
  expect_failures = [var.cors_origins]

  variables {
    cors_origins = ["https://app.example.com/"]
  }
}

run "routes_without_a_default_are_refused" {
  command         = plan
  expect_failures = [var.routes]

  variables {
    routes = ["GET /health"]
  }
}

run "limits_of_nothing_are_refused" {
  command         = plan
  expect_failures = [var.throttling_burst_limit, var.throttling_rate_limit, var.log_retention_days]

  variables {
    throttling_burst_limit = 0
    throttling_rate_limit  = 0
    log_retention_days     = 0
  }
}
