# The values of local, as its terraform.tfvars gives them.
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
  lambda_package = "main.tf" # any file: only its hash is read
}

run "the_values_are_those_of_local" {
  command = plan

  assert {
    condition     = var.environment == "local"
    error_message = "These are the values of another environment."
  }

  assert {
    condition     = var.lambda_memory_size == 512
    error_message = "Local has 512 MB."
  }

  assert {
    condition     = var.lambda_reserved_concurrency == -1 && var.lambda_provisioned_concurrency == 0
    error_message = "The concurrency is not local's."
  }

  assert {
    condition     = var.dynamodb_billing_mode == "PAY_PER_REQUEST"
    error_message = "Local is billed PAY_PER_REQUEST."
  }

  assert {
    condition     = !var.dynamodb_deletion_protection && !var.dynamodb_point_in_time_recovery
    error_message = "Protection or recovery is not local's."
  }

  assert {
    condition     = var.log_retention_days == 7
    error_message = "Local keeps logs 7 days."
  }

  assert {
    condition     = var.token_verification == "trusted"
    error_message = "Local verifies tokens by \"trusted\"."
  }
}
