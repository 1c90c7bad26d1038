data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  # What goes through the alias is what users meet: a release that is proven by direct invocation of its version, and
  # found bad, must not raise these.
  live = { FunctionName = var.function_name, Resource = "${var.function_name}:${var.alias_name}" }
  api  = { ApiId = var.api_id, Stage = var.stage_name }

  # A table's own series leave its indexes out.
  table_part = merge([
    for key, table in var.tables : merge(
      { (key) = { title = key, dimensions = { TableName = table.name } } },
      {
        for index in table.indexes : "${key}-${replace(index, "_", "-")}" => {
          title      = "${key}, index ${index}"
          dimensions = { TableName = table.name, GlobalSecondaryIndexName = index }
        }
      },
    )
  ]...)

  # Each needs trouble in `breaches` of `minutes` minutes, so one hiccup tells nobody and a steady fault tells soon.
  alarm = merge(
    {
      errors = {
        description = "Requests end in an exception that the handler did not catch: users get a 500. Look at the log of level ERROR, and roll back if this began with a release."
        namespace   = "AWS/Lambda"
        metric      = "Errors"
        dimensions  = local.live
        statistic   = "Sum"
        percentile  = null
        threshold   = 1
        breaches    = 2
        minutes     = 5
      }
      throttles = {
        description = "Lambda rejects requests because no concurrency is left: users get a 503 or wait. The reserved concurrency or the account's quota is too low, or requests have become slow."
        namespace   = "AWS/Lambda"
        metric      = "Throttles"
        dimensions  = local.live
        statistic   = "Sum"
        percentile  = null
        threshold   = 1
        breaches    = 2
        minutes     = 5
      }
      slow = {
        description = "One request in a hundred takes ${var.p99_duration_ms} ms or more: cold starts, a slow table or a slow identity provider. Sign-in feels broken before it fails."
        namespace   = "AWS/Lambda"
        metric      = "Duration"
        dimensions  = local.live
        statistic   = null
        percentile  = "p99"
        threshold   = var.p99_duration_ms
        breaches    = 3
        minutes     = 5
      }
      api-5xx = {
        description = "The API answers 5xx, whatever the cause: the function, its permission, a timeout, the session store. It is what users see, and the only signal for faults in front of the function."
        namespace   = "AWS/ApiGateway"
        metric      = "5xx"
        dimensions  = local.api
        statistic   = "Sum"
        percentile  = null
        threshold   = 3
        breaches    = 2
        minutes     = 5
      }
    },
    merge([
      for key, part in local.table_part : {
        for kind in ["Read", "Write"] : "${key}-${lower(kind)}-throttles" => {
          description = "DynamoDB refuses ${lower(kind)}s of the table ${part.title}: users get a 503. Provisioned capacity is too low, autoscaling is too late, or one key is too hot."
          namespace   = "AWS/DynamoDB"
          metric      = "${kind}ThrottleEvents"
          dimensions  = part.dimensions
          statistic   = "Sum"
          percentile  = null
          threshold   = 1
          breaches    = 2
          minutes     = 5
        }
      }
    ]...),
  )

  alarm_name     = { for thing in keys(local.alarm) : thing => "${var.project}-${thing}-${var.environment}" }
  composite_name = "${var.project}-degraded-${var.environment}"
  topic_name     = "${var.project}-alarms-${var.environment}"
  topic_arn      = "arn:${data.aws_partition.current.partition}:sns:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:${local.topic_name}"
  alarm_arn      = "arn:${data.aws_partition.current.partition}:cloudwatch:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:alarm"
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarm

  alarm_name          = local.alarm_name[each.key]
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  extended_statistic  = each.value.percentile
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = each.value.minutes
  datapoints_to_alarm = each.value.breaches
  treat_missing_data  = "notBreaching" # no traffic is no trouble, and no flapping to INSUFFICIENT_DATA
  alarm_actions       = [aws_sns_topic.alarms.arn]

  # A hundredth of five requests is no statistic.
  evaluate_low_sample_count_percentiles = each.value.percentile == null ? null : "ignore"
}

resource "aws_cloudwatch_composite_alarm" "degraded" {
  alarm_name        = local.composite_name
  alarm_description = "Any of the alarms of ${var.environment} is red. A release stops on it, and it notifies again when all alarms are ok."
  alarm_rule        = join(" OR ", [for thing in sort(keys(local.alarm)) : "ALARM(\"${aws_cloudwatch_metric_alarm.this[thing].alarm_name}\")"])
  alarm_actions     = [aws_sns_topic.alarms.arn]
  ok_actions        = [aws_sns_topic.alarms.arn]
}

# The policy is the topic's own argument: as a resource beside it, it would change the topic after that was recorded,
# and the next look for drift would find it.
resource "aws_sns_topic" "alarms" {
  #checkov:skip=CKV_AWS_26:CloudWatch cannot publish to a topic under the AWS managed key, and alarms hold no secret; kms_key_arn names a key of your own
  name              = local.topic_name
  policy            = data.aws_iam_policy_document.alarms.json
  kms_master_key_id = var.kms_key_arn
}

data "aws_iam_policy_document" "alarms" {
  statement {
    sid       = "AlarmsPublish"
    actions   = ["sns:Publish"]
    resources = [local.topic_arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    # These alarms of this account, or any account's alarm could speak here.
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [for name in concat(sort(values(local.alarm_name)), [local.composite_name]) : "${local.alarm_arn}:${name}"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_sns_topic_subscription" "email" {
  count = var.email == "" ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.email
}
