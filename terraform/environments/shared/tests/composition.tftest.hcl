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

run "production_believes_nobody_on_their_word" {
  command         = plan
  expect_failures = [var.token_verification]

  variables {
    environment        = "production"
    token_verification = "trusted"
  }
}

run "verifying_tokens_without_an_application_is_warned_of" {
  command         = plan
  expect_failures = [check.sign_in]

  variables {
    token_verification = "provider"
    google_client_id   = ""
    google_client_ids  = []
    github_client_id   = ""
  }
}

run "github_is_asked_in_clear_by_no_real_environment" {
  command         = plan
  expect_failures = [var.github_api_url]

  variables {
    environment        = "production"
    token_verification = "provider"
    github_api_url     = "http://localhost:8080"
  }
}

run "github_is_asked_at_no_address_with_a_user_in_it" {
  command         = plan
  expect_failures = [var.github_api_url]

  variables {
    token_verification = "provider"
    github_api_url     = "https://api.github.com@evil.example"
  }
}

run "an_enterprise_server_may_be_asked" {
  command = plan

  variables {
    token_verification = "provider"
    github_api_url     = "https://github.example.com/api/v3"
  }
}

run "a_rehearsal_may_ask_a_stand_in" {
  command = plan

  variables {
    environment        = "local"
    token_verification = "provider"
    github_api_url     = "http://localhost:8080"
  }
}

run "an_environment_that_makes_no_name_is_refused" {
  command         = plan
  expect_failures = [var.environment]

  variables {
    environment        = "Prod_1"
    token_verification = "provider"
  }
}

run "values_outside_their_range_are_refused" {
  command = plan
  expect_failures = [
    var.lambda_memory_size,
    var.lambda_timeout,
    var.lambda_reserved_concurrency,
    var.dynamodb_billing_mode,
    var.dynamodb_read_capacity,
    var.dynamodb_write_capacity,
    var.log_retention_days,
    var.log_level,
    var.alarm_email,
  ]

  variables {
    lambda_memory_size          = 64
    lambda_timeout              = 30
    lambda_reserved_concurrency = -2
    dynamodb_billing_mode       = "ON_DEMAND"
    dynamodb_read_capacity      = 0
    dynamodb_write_capacity     = 0
    log_retention_days          = 8
    log_level                   = "LOUD"
    alarm_email                 = "nobody"
  }
}

run "provisioned_above_reserved_is_refused" {
  command         = plan
  expect_failures = [var.lambda_provisioned_concurrency]

  variables {
    lambda_reserved_concurrency    = 4
    lambda_provisioned_concurrency = 5
  }
}

run "any_origin_is_refused" {
  command         = plan
  expect_failures = [var.cors_origins]

  variables {
    cors_origins = ["*"]
  }
}

run "scaled_capacity_of_an_unknown_table_is_refused" {
  command         = plan
  expect_failures = [var.dynamodb_scaled_capacity]

  variables {
    dynamodb_scaled_capacity = { users = { table = { read = 9, write = 9 } } }
  }
}
