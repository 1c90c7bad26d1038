mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  project     = "local"
  environment = "test"
  package     = "main.tf" # any file: only its hash is read
}

run "names_end_with_the_environment" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.function_name == "local-test" && aws_dynamodb_table.notes.name == "local-notes-test"
    error_message = "Two environments in one account would share a function or a table."
  }
}

run "no_action_has_a_wildcard" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for statement in data.aws_iam_policy_document.function.statement : [for action in statement.actions : !strcontains(action, "*")]
    ]))
    error_message = "The function may do more than it needs."
  }
}

run "data_is_protected_where_asked_for" {
  command = plan

  variables {
    protect_data = true
  }

  assert {
    condition     = aws_dynamodb_table.notes.deletion_protection_enabled && one(aws_dynamodb_table.notes.point_in_time_recovery).enabled
    error_message = "The table can be deleted, or cannot be restored."
  }
}
