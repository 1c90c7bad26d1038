# Offline: no credentials, no provider of any kind is asked for more than its schema.
mock_provider "aws" {
  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:us-east-1:000000000000:table/project-sessions-test" }
  }
}

variables {
  name          = "project-sessions-test"
  hash_key      = "session_id"
  attributes    = { session_id = "S", user_id = "S", created_at = "N" }
  indexes       = { by_user = { hash_key = "user_id", range_key = "created_at" } }
  ttl_attribute = "expires_at"
}

run "on_demand_has_no_capacity_and_nothing_to_scale" {
  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST"
    error_message = "On demand is the default."
  }

  assert {
    condition     = aws_dynamodb_table.this.read_capacity == 0 && aws_dynamodb_table.this.write_capacity == 0
    error_message = "AWS reports 0 units on demand; anything else is a difference for ever."
  }

  assert {
    condition     = length(aws_appautoscaling_target.this) == 0 && length(aws_appautoscaling_policy.this) == 0
    error_message = "There is nothing to scale on demand."
  }
}

# The same address before and after: a second resource for the other mode would have deleted the table.
run "a_switch_to_provisioned_keeps_the_table" {
  command = plan

  variables {
    billing_mode   = "PROVISIONED"
    read_capacity  = 20
    write_capacity = 10
  }

  assert {
    condition     = aws_dynamodb_table.this.arn == run.on_demand_has_no_capacity_and_nothing_to_scale.arn
    error_message = "The table is recreated."
  }

  assert {
    condition     = aws_dynamodb_table.this.read_capacity == 20 && aws_dynamodb_table.this.write_capacity == 10
    error_message = "The capacity asked for is not planned: an ignored change has swallowed it."
  }

  assert {
    condition = alltrue([
      for index in aws_dynamodb_table.this.global_secondary_index : index.read_capacity == 20 && index.write_capacity == 10
    ])
    error_message = "The index has no capacity of its own, and AWS refuses the switch."
  }

  assert {
    condition = toset(keys(aws_appautoscaling_target.this)) == toset([
      "table/read", "table/write", "by_user/read", "by_user/write",
    ])
    error_message = "Table and index are both scaled, reads and writes."
  }

  assert {
    condition     = aws_appautoscaling_target.this["by_user/read"].resource_id == "table/project-sessions-test/index/by_user"
    error_message = "The index's target names the index."
  }

  assert {
    condition     = aws_appautoscaling_target.this["by_user/write"].scalable_dimension == "dynamodb:index:WriteCapacityUnits"
    error_message = "The index has a dimension of its own."
  }

  assert {
    condition     = aws_appautoscaling_target.this["table/read"].min_capacity == 20 && aws_appautoscaling_target.this["table/read"].max_capacity == 200
    error_message = "The capacity asked for is autoscaling's floor."
  }
}

run "provisioned" {
  variables {
    billing_mode   = "PROVISIONED"
    read_capacity  = 20
    write_capacity = 20
  }
}

run "what_autoscaling_has_raised_is_not_taken_back" {
  command = plan

  variables {
    billing_mode    = "PROVISIONED"
    read_capacity   = 20
    write_capacity  = 20
    scaled_capacity = { table = { read = 60, write = 3 }, by_user = { read = 3, write = 80 } }
  }

  assert {
    condition     = aws_dynamodb_table.this.read_capacity == 60
    error_message = "The apply would take units away in the middle of a peak."
  }

  assert {
    condition     = aws_dynamodb_table.this.write_capacity == 20
    error_message = "The floor holds."
  }

  assert {
    condition     = one(aws_dynamodb_table.this.global_secondary_index).write_capacity == 80
    error_message = "The index's units are kept too."
  }

  assert {
    condition     = aws_appautoscaling_target.this["table/read"].min_capacity == 20
    error_message = "What autoscaling reached does not become its floor."
  }
}

run "a_capacity_that_is_asked_for_goes_above_what_is_there" {
  command = plan

  variables {
    billing_mode    = "PROVISIONED"
    read_capacity   = 90
    write_capacity  = 20
    scaled_capacity = { table = { read = 60, write = 20 } }
  }

  assert {
    condition     = aws_dynamodb_table.this.read_capacity == 90
    error_message = "A deliberate change is swallowed."
  }
}

run "a_switch_back_to_on_demand_keeps_the_table" {
  command = plan

  variables {
    billing_mode = "PAY_PER_REQUEST"
  }

  assert {
    condition     = aws_dynamodb_table.this.arn == run.provisioned.arn
    error_message = "The table is recreated."
  }

  assert {
    condition     = aws_dynamodb_table.this.read_capacity == 0 && length(aws_appautoscaling_target.this) == 0
    error_message = "On demand there is no capacity and nothing to scale."
  }
}
