# The wiring, the same in every environment. Offline: the provider gives its schema and nothing else.
mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "000000000000" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  lambda_package   = "main.tf" # any file: only its hash is read
  github_client_id = "id"
}

run "names_follow_one_rule" {
  command = plan

  assert {
    condition = [output.dynamodb_sessions_table, output.dynamodb_jobs_table, output.dynamodb_agents_table] == [
      for thing in ["sessions", "jobs", "agents"] : "hybrid-ci-cd-${thing}-${var.environment}"
    ]
    error_message = "A table is named otherwise."
  }

  assert {
    condition     = output.lambda_function_name == "hybrid-ci-cd-${var.environment}" && output.lambda_log_group == "/aws/lambda/hybrid-ci-cd-${var.environment}"
    error_message = "The function or its log is named otherwise."
  }

  assert {
    condition     = output.lambda_alias_name == "live" && output.api_stage == var.environment
    error_message = "The alias or the stage is named otherwise."
  }

  assert {
    condition     = output.api_access_log_group == "/aws/vendedlogs/apigateway/hybrid-ci-cd-${var.environment}"
    error_message = "The access log is named otherwise."
  }

  assert {
    condition     = output.composite_alarm_name == "hybrid-ci-cd-degraded-${var.environment}" && output.dashboard_name == "hybrid-ci-cd-${var.environment}"
    error_message = "The composite alarm or the dashboard is named otherwise."
  }

  assert {
    condition     = alltrue([for name in output.alarm_names : startswith(name, "hybrid-ci-cd-") && endswith(name, "-${var.environment}")])
    error_message = "An alarm is named otherwise."
  }

  assert {
    condition     = output.region == "us-east-1" && output.account_id == "000000000000"
    error_message = "Region or account is not the one in use."
  }
}

run "the_arns_built_from_names_are_those_of_the_resources" {
  command = plan

  assert {
    condition     = local.session_arn == "arn:aws:dynamodb:us-east-1:000000000000:table/${output.dynamodb_sessions_table}"
    error_message = "The function is given rights on another table."
  }
}

run "the_troubleshooting_switch_is_accepted" {
  command = plan

  variables {
    dynamodb_billing_mode    = "PROVISIONED"
    dynamodb_read_capacity   = 20
    dynamodb_write_capacity  = 20
    dynamodb_scaled_capacity = { sessions = { table = { read = 40, write = 20 }, by_user = { read = 20, write = 20 } } }
  }

  assert {
    condition     = output.dynamodb_sessions_table == "hybrid-ci-cd-sessions-${var.environment}"
    error_message = "The switch gives the table another name."
  }
}
