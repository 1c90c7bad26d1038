locals {
  is_provisioned = var.billing_mode == "PROVISIONED"

  # The table and each index have a capacity of their own.
  part = merge(
    { table = { resource_id = "table/${var.name}", dimension = "dynamodb:table" } },
    { for name in keys(var.indexes) : name => { resource_id = "table/${var.name}/index/${name}", dimension = "dynamodb:index" } },
  )

  # ignore_changes would keep an apply from undoing what autoscaling did, but it cannot depend on the billing mode, it
  # would swallow a capacity that was asked for, and AWS refuses to switch a table to PROVISIONED while the capacity of
  # its indexes is ignored. So nothing is ignored: capacity is the floor, or what autoscaling has made of it if that is
  # more and the caller says so. Under PAY_PER_REQUEST AWS reports 0.
  capacity = {
    for name in keys(local.part) : name => {
      read  = local.is_provisioned ? max(var.read_capacity, try(var.scaled_capacity[name].read, 0)) : 0
      write = local.is_provisioned ? max(var.write_capacity, try(var.scaled_capacity[name].write, 0)) : 0
    }
  }

  scaling = local.is_provisioned ? merge([
    for name, part in local.part : {
      "${name}/read" = {
        resource_id = part.resource_id
        dimension   = "${part.dimension}:ReadCapacityUnits"
        metric      = "DynamoDBReadCapacityUtilization"
        min         = var.read_capacity
        max         = var.max_read_capacity
      }
      "${name}/write" = {
        resource_id = part.resource_id
        dimension   = "${part.dimension}:WriteCapacityUnits"
        metric      = "DynamoDBWriteCapacityUtilization"
        min         = var.write_capacity
        max         = var.max_write_capacity
      }
    }
  ]...) : {}
}

resource "aws_dynamodb_table" "this" {
  #checkov:skip=CKV_AWS_28:point-in-time recovery is a variable, on in production
  #checkov:skip=CKV_AWS_119:the key that AWS owns is free and needs no key policy; kms_key_arn names one of your own
  name                        = var.name
  billing_mode                = var.billing_mode
  hash_key                    = var.hash_key
  read_capacity               = local.capacity["table"].read
  write_capacity              = local.capacity["table"].write
  deletion_protection_enabled = var.deletion_protection

  dynamic "attribute" {
    for_each = var.attributes

    content {
      name = attribute.key
      type = attribute.value
    }
  }

  dynamic "global_secondary_index" {
    for_each = var.indexes

    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value.hash_key
      range_key       = global_secondary_index.value.range_key
      projection_type = "ALL"
      read_capacity   = local.capacity[global_secondary_index.key].read
      write_capacity  = local.capacity[global_secondary_index.key].write
    }
  }

  dynamic "ttl" {
    for_each = var.ttl_attribute[*]

    content {
      attribute_name = ttl.value
      enabled        = true
    }
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  # Without the block the key that AWS owns encrypts the table for free; with the AWS managed key KMS charges apply.
  # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html
  dynamic "server_side_encryption" {
    for_each = var.kms_key_arn[*]

    content {
      enabled     = true
      kms_key_arn = server_side_encryption.value
    }
  }
}

resource "aws_appautoscaling_target" "this" {
  for_each = local.scaling

  service_namespace  = "dynamodb"
  resource_id        = each.value.resource_id
  scalable_dimension = each.value.dimension
  min_capacity       = each.value.min
  max_capacity       = each.value.max

  # A scalable target can be registered only for a table, and an index, that is there.
  depends_on = [aws_dynamodb_table.this]
}

resource "aws_appautoscaling_policy" "this" {
  for_each = local.scaling

  name               = "${each.value.metric}:${each.value.resource_id}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[each.key].service_namespace
  resource_id        = aws_appautoscaling_target.this[each.key].resource_id
  scalable_dimension = aws_appautoscaling_target.this[each.key].scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value = var.target_utilization

    predefined_metric_specification {
      predefined_metric_type = each.value.metric
    }
  }
}
