mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { version = "7", arn = "arn:aws:lambda:us-east-1:000000000000:function:project-test" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::000000000000:role/project-function-test" }
  }
}

variables {
  name               = "project-test"
  role_name          = "project-function-test"
  package            = "main.tf" # any file: only its hash is read
  memory_size        = 512
  log_group_arn      = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/project-test"
  log_retention_days = 7
}

run "the_function_is_what_the_build_packages_for" {
  command = plan

  assert {
    condition = (
      aws_lambda_function.this.runtime == "python3.13"
      && one(aws_lambda_function.this.architectures) == "arm64"
      && aws_lambda_function.this.handler == "backend.entry.handle"
    )
    error_message = "Runtime, architecture or handler is not what the zip is built for."
  }

  assert {
    condition     = aws_lambda_function.this.source_code_hash == filebase64sha256("main.tf")
    error_message = "New code in the same file would not be noticed."
  }
}

run "each_change_is_published_as_a_version" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.publish
    error_message = "Without versions there is nothing to roll back to."
  }
}

run "the_log_group_is_terraforms_and_named_after_the_function" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/project-test" && aws_cloudwatch_log_group.this.retention_in_days == 7
    error_message = "The log's name or its retention is wrong."
  }

  assert {
    condition     = one(aws_lambda_function.this.logging_config).log_group == aws_cloudwatch_log_group.this.name
    error_message = "The function logs elsewhere."
  }
}

run "no_concurrency_is_reserved_or_provisioned_unless_asked_for" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == -1
    error_message = "Something is reserved."
  }

  assert {
    condition     = length(aws_lambda_provisioned_concurrency_config.live) == 0
    error_message = "Something is kept warm, and paid."
  }
}

run "provisioned_concurrency_is_on_the_alias" {
  command = plan

  variables {
    reserved_concurrency    = 100
    provisioned_concurrency = 5
  }

  assert {
    condition     = one(aws_lambda_provisioned_concurrency_config.live).qualifier == "live"
    error_message = "On a version it would stay behind at the next release."
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == 100
    error_message = "The reservation is lost."
  }
}

run "the_role_may_write_its_own_log_and_what_is_named" {
  command = plan

  variables {
    permissions = {
      KeepNotes = {
        actions   = ["dynamodb:PutItem"]
        resources = ["arn:aws:dynamodb:us-east-1:000000000000:table/project-notes-test"]
      }
    }
  }

  assert {
    condition = (
      [for statement in data.aws_iam_policy_document.this.statement : statement.sid] == ["Log", "KeepNotes"]
      && data.aws_iam_policy_document.this.statement[0].resources == toset(["${var.log_group_arn}:log-stream:*"])
      && data.aws_iam_policy_document.this.statement[1].resources == toset(var.permissions.KeepNotes.resources)
    )
    error_message = "The policy is not the log and what was asked for."
  }
}

run "a_wildcard_action_is_refused" {
  command         = plan
  expect_failures = [var.permissions]

  variables {
    permissions = {
      Everything = {
        actions   = ["dynamodb:*"]
        resources = ["arn:aws:dynamodb:us-east-1:000000000000:table/project-notes-test"]
      }
    }
  }
}

run "the_first_version_is_live_from_the_start" {
  assert {
    condition     = aws_lambda_alias.live.name == "live" && aws_lambda_alias.live.function_version == "7"
    error_message = "The alias does not begin at the version that was published."
  }
}

run "provisioned_above_reserved_is_refused" {
  command         = plan
  expect_failures = [var.provisioned_concurrency]

  variables {
    reserved_concurrency    = 4
    provisioned_concurrency = 5
  }
}

run "numbers_lambda_does_not_take_are_refused" {
  command         = plan
  expect_failures = [var.memory_size, var.timeout, var.reserved_concurrency, var.log_retention_days]

  variables {
    memory_size          = 64
    timeout              = 30
    reserved_concurrency = -2
    log_retention_days   = 8
  }
}

run "an_alias_that_reads_like_a_version_is_refused" {
  command         = plan
  expect_failures = [var.alias_name]

  variables {
    alias_name = "3"
  }
}

run "the_log_group_of_another_function_is_refused" {
  command         = plan
  expect_failures = [var.log_group_arn]

  variables {
    log_group_arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/another"
  }
}
