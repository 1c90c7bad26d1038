output "for_hybridctl" {
  description = "Outputs that hybridctl reads from each environment."
  value = {
    api_endpoint            = trimsuffix(aws_apigatewayv2_stage.this.invoke_url, "/")
    api_id                  = aws_apigatewayv2_api.this.id
    api_stage               = aws_apigatewayv2_stage.this.name
    dynamodb_notes_table    = aws_dynamodb_table.notes.name
    lambda_alias_name       = aws_lambda_alias.live.name
    lambda_function_name    = aws_lambda_function.this.function_name
    lambda_function_version = aws_lambda_function.this.version
    lambda_log_group        = aws_cloudwatch_log_group.function.name
  }
}
