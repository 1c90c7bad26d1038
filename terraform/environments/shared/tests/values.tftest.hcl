# The values of each environment, as its terraform.tfvars gives them and terraform/README.md lists them.
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

run "the_values_are_those_of_the_environment" {
  command = plan

  assert {
    condition     = var.lambda_memory_size == { local = 512, staging = 512, production = 1024 }[var.environment]
    error_message = "The memory is another environment's."
  }

  assert {
    condition     = var.lambda_reserved_concurrency == { local = -1, staging = -1, production = 100 }[var.environment]
    error_message = "The reserved concurrency is another environment's."
  }

  assert {
    condition     = var.lambda_provisioned_concurrency == { local = 0, staging = 0, production = 2 }[var.environment]
    error_message = "The provisioned concurrency is another environment's."
  }

  assert {
    condition     = var.dynamodb_billing_mode == { local = "PAY_PER_REQUEST", staging = "PAY_PER_REQUEST", production = "PROVISIONED" }[var.environment]
    error_message = "The billing mode is another environment's."
  }

  assert {
    condition     = alltrue([for switch in [var.dynamodb_deletion_protection, var.dynamodb_point_in_time_recovery] : switch == (var.environment == "production")])
    error_message = "Only the tables of production are protected and recoverable."
  }

  assert {
    condition     = var.log_retention_days == { local = 7, staging = 7, production = 30 }[var.environment]
    error_message = "Logs are kept as long as in another environment."
  }

  assert {
    condition     = var.token_verification == (var.environment == "production" ? "provider" : "trusted")
    error_message = "Only production verifies tokens."
  }
}
