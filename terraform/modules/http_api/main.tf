locals {
  # Values stay quoted: API Gateway writes "-" where it has none, which would not be JSON otherwise.
  # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
  access_log = {
    requestId          = "$context.requestId"
    functionRequestId  = "$context.integration.requestId"
    requestTimeEpoch   = "$context.requestTimeEpoch"
    routeKey           = "$context.routeKey"
    httpMethod         = "$context.httpMethod"
    path               = "$context.path"
    protocol           = "$context.protocol"
    status             = "$context.status"
    responseLength     = "$context.responseLength"
    responseLatency    = "$context.responseLatency"
    integrationLatency = "$context.integrationLatency"
    integrationStatus  = "$context.integrationStatus"
    integrationError   = "$context.integrationErrorMessage"
    sourceIp           = "$context.identity.sourceIp"
    userAgent          = "$context.identity.userAgent"
  }
}

resource "aws_apigatewayv2_api" "this" {
  name          = var.name
  description   = "Reaches ${var.function_name} through its alias ${var.alias_name}."
  protocol_type = "HTTP"

  dynamic "cors_configuration" {
    for_each = length(var.cors_origins) > 0 ? [var.cors_origins] : []

    content {
      allow_credentials = var.cors_allow_credentials
      allow_headers     = ["authorization", "content-type"]
      allow_methods     = ["DELETE", "GET", "POST"]
      allow_origins     = cors_configuration.value
      expose_headers    = ["retry-after", "x-build", "x-function-version"]
      max_age           = 600
    }
  }
}

resource "aws_apigatewayv2_integration" "this" {
  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = var.alias_invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 30000
}

resource "aws_apigatewayv2_route" "this" {
  for_each = var.routes

  #checkov:skip=CKV_AWS_309:callers prove themselves to the function, by an OAuth token or a session id; health is public
  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.value
  authorization_type = "NONE"
  target             = "integrations/${aws_apigatewayv2_integration.this.id}"
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = var.stage_name
  auto_deploy = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format          = jsonencode(local.access_log)
  }

  default_route_settings {
    throttling_burst_limit = var.throttling_burst_limit
    throttling_rate_limit  = var.throttling_rate_limit
  }
}

resource "aws_cloudwatch_log_group" "access" {
  #checkov:skip=CKV_AWS_158:logs are encrypted at rest with the service's key, or with one of your own by kms_key_arn; the access log holds no token
  #checkov:skip=CKV_AWS_338:retention is a variable; a year of access logs is not kept on purpose
  name              = var.log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

# On the alias and on nothing else: no other version of the function can be reached from outside.
resource "aws_lambda_permission" "alias" {
  statement_id  = "AllowHttpApi"
  action        = "lambda:InvokeFunction"
  function_name = var.function_name
  qualifier     = var.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/${var.stage_name}/*"
}
