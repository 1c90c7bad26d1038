# What hybridctl reads; docs/adopting.md says which of these it cannot do without.

output "api_endpoint" {
  value = aws_apigatewayv2_stage.dev.invoke_url
}

output "api_id" {
  value = aws_apigatewayv2_api.orders.id
}

output "api_stage" {
  value = aws_apigatewayv2_stage.dev.name
}

output "dynamodb_orders_table" {
  value = aws_dynamodb_table.orders.name
}

output "lambda_function_name" {
  value = aws_lambda_function.orders.function_name
}

output "lambda_function_version" {
  value = aws_lambda_function.orders.version
}

output "lambda_alias_name" {
  value = aws_lambda_alias.serving.name
}

output "lambda_log_group" {
  value = aws_cloudwatch_log_group.function.name
}
