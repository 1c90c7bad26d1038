mock_provider "aws" {}

variables {
  name       = "project-jobs-test"
  hash_key   = "job_id"
  attributes = { job_id = "S" }
}

run "items_expire_where_an_attribute_says_so" {
  command = plan

  variables {
    ttl_attribute = "expires_at"
  }

  assert {
    condition     = one(aws_dynamodb_table.this.ttl).enabled && one(aws_dynamodb_table.this.ttl).attribute_name == "expires_at"
    error_message = "Time to live is off, or on another attribute."
  }
}

run "the_free_key_of_aws_encrypts_unless_one_is_named" {
  command = plan

  assert {
    condition     = length(aws_dynamodb_table.this.server_side_encryption) == 0
    error_message = "A block without a key of one's own means the AWS managed key, which is charged."
  }
}

run "data_is_encrypted_and_protected_on_request" {
  command = plan

  variables {
    kms_key_arn            = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
    point_in_time_recovery = true
    deletion_protection    = true
  }

  assert {
    condition     = one(aws_dynamodb_table.this.server_side_encryption).kms_key_arn == var.kms_key_arn
    error_message = "The table is not encrypted by the key that was named."
  }

  assert {
    condition     = one(aws_dynamodb_table.this.point_in_time_recovery).enabled && aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "Recovery or protection is off although asked for."
  }
}

run "a_billing_mode_nobody_knows_is_refused" {
  command         = plan
  expect_failures = [var.billing_mode]

  variables {
    billing_mode = "ON_DEMAND"
  }
}

run "capacity_below_one_is_refused" {
  command         = plan
  expect_failures = [var.read_capacity, var.write_capacity]

  variables {
    read_capacity  = 0
    write_capacity = 1.5
  }
}

run "a_highest_capacity_below_the_lowest_is_refused" {
  command         = plan
  expect_failures = [var.max_read_capacity]

  variables {
    read_capacity     = 20
    max_read_capacity = 10
  }
}

run "a_target_dynamodb_does_not_take_is_refused" {
  command         = plan
  expect_failures = [var.target_utilization]

  variables {
    target_utilization = 95
  }
}

run "scaled_capacity_of_an_index_that_is_not_there_is_refused" {
  command         = plan
  expect_failures = [var.scaled_capacity]

  variables {
    scaled_capacity = { by_user = { read = 9, write = 9 } }
  }
}

run "an_attribute_of_an_unknown_type_is_refused" {
  command         = plan
  expect_failures = [var.attributes]

  variables {
    attributes = { job_id = "string" }
  }
}
