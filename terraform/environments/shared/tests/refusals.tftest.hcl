# What the variables refuse and accept, the same in every environment. Offline, like composition.tftest.hcl.
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
