# The values of production, as its terraform.tfvars gives them.
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

run "the_values_are_those_of_production" {
  command = plan

  assert {
    condition     = var.environment == "production"
    error_message = "These are the values of another environment."
  }

  assert {
    condition     = var.lambda_memory_size == 1024
    error_message = "Production has 1024 MB."
  }

  assert {
    condition     = var.lambda_reserved_concurrency == 100 && var.lambda_provisioned_concurrency == 2
    error_message = "The concurrency is not production's."
  }

  assert {
    condition     = var.dynamodb_billing_mode == "PROVISIONED"
    error_message = "Production is billed PROVISIONED."
  }

  assert {
    condition     = var.dynamodb_deletion_protection && var.dynamodb_point_in_time_recovery
    error_message = "Protection or recovery is not production's."
  }

  assert {
    condition     = var.log_retention_days == 30
    error_message = "Production keeps logs 30 days."
  }

  assert {
    condition     = var.token_verification == "provider"
    error_message = "Production verifies tokens by \"provider\"."
  }
}
