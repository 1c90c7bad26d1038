output "name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "version" {
  description = "Newest published version, which is not always the one that takes the traffic."
  value       = aws_lambda_function.this.version
}

output "code_sha256" {
  description = "SHA-256 of the deployed zip, in base64."
  # Not code_sha256: the provider plans its old value through a change of code, so the output would lag one apply behind.
  value = aws_lambda_function.this.source_code_hash
}

output "alias_name" {
  description = "Name of the alias that takes the traffic."
  value       = aws_lambda_alias.live.name
}

output "alias_invoke_arn" {
  description = "What an API integrates with to reach the alias."
  value       = aws_lambda_alias.live.invoke_arn
}

output "log_group" {
  description = "Name of the function's log group."
  value       = aws_cloudwatch_log_group.this.name
}
