# The interface that hybridctl reads. A test holds this list and hybridctl's together.

output "api_endpoint" {
  description = "Address of the API's stage, without a slash at its end."
  value       = module.http_api.endpoint
}

output "dynamodb_sessions_table" {
  description = "Name of the table of sessions."
  value       = module.table["sessions"].name
}

output "dynamodb_jobs_table" {
  description = "Name of the table of jobs."
  value       = module.table["jobs"].name
}

output "dynamodb_agents_table" {
  description = "Name of the table of agents."
  value       = module.table["agents"].name
}

output "lambda_function_name" {
  description = "Name of the function."
  value       = module.function.name
}

output "lambda_function_version" {
  description = "Newest published version, which is not always the one that takes the traffic."
  value       = module.function.version
}

output "lambda_alias_name" {
  description = "Name of the alias that takes the traffic."
  value       = module.function.alias_name
}

output "lambda_code_sha256" {
  description = "SHA-256 of the deployed zip, in base64."
  value       = module.function.code_sha256
}

output "lambda_log_group" {
  description = "Name of the function's log group."
  value       = module.function.log_group
}

output "api_id" {
  description = "Id of the API."
  value       = module.http_api.api_id
}

output "api_stage" {
  description = "Name of the API's stage."
  value       = module.http_api.stage_name
}

output "api_access_log_group" {
  description = "Name of the access log's group."
  value       = module.http_api.access_log_group
}

output "alarm_names" {
  description = "Names of the metric alarms."
  value       = module.observability.alarm_names
}

output "composite_alarm_name" {
  description = "Name of the alarm that is red when any other is."
  value       = module.observability.composite_alarm_name
}

output "alarm_topic_arn" {
  description = "ARN of the topic that all alarms notify."
  value       = module.observability.topic_arn
}

output "dashboard_name" {
  description = "Name of the dashboard."
  value       = module.observability.dashboard_name
}

output "region" {
  description = "Region it is all in."
  value       = local.region
}

output "account_id" {
  description = "Account it is all in."
  value       = local.account
}

output "token_verification" {
  description = "Who says who a user is; the smoke suite opens its session accordingly."
  value       = var.token_verification
}
