output "api_id" {
  description = "Id of the API."
  value       = aws_apigatewayv2_api.this.id
}

output "stage_name" {
  description = "Name of the stage."
  value       = aws_apigatewayv2_stage.this.name
}

output "endpoint" {
  description = "Address of the stage, without a slash at its end."
  value       = trimsuffix(aws_apigatewayv2_stage.this.invoke_url, "/")
}

output "access_log_group" {
  description = "Name of the access log's group."
  value       = aws_cloudwatch_log_group.access.name
}
