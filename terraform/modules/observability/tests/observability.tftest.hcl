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

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:000000000000:project-alarms-test" }
  }

  mock_resource "aws_cloudwatch_metric_alarm" {
    defaults = { arn = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:one" }
  }
}

variables {
  project       = "project"
  environment   = "test"
  function_name = "project-test"
  alias_name    = "live"
  api_id        = "api1"
  stage_name    = "test"
  tables = {
    sessions = { name = "project-sessions-test", indexes = ["by_user"] }
    jobs     = { name = "project-jobs-test", indexes = [] }
  }
}

run "each_trouble_has_an_alarm" {
  assert {
    condition = output.alarm_names == tolist([
      "project-api-5xx-test",
      "project-errors-test",
      "project-jobs-read-throttles-test",
      "project-jobs-write-throttles-test",
      "project-sessions-by-user-read-throttles-test",
      "project-sessions-by-user-write-throttles-test",
      "project-sessions-read-throttles-test",
      "project-sessions-write-throttles-test",
      "project-slow-test",
      "project-throttles-test",
    ])
    error_message = "An alarm is missing, or named otherwise."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : length(alarm.alarm_description) > 40])
    error_message = "An alarm does not say why it exists."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : one(alarm.alarm_actions) == aws_sns_topic.alarms.arn])
    error_message = "An alarm tells nobody."
  }

  assert {
    condition     = alltrue([for name in output.alarm_names : strcontains(aws_cloudwatch_composite_alarm.degraded.alarm_rule, "ALARM(\"${name}\")")])
    error_message = "An alarm is not part of the composite."
  }
}

run "silence_is_not_trouble" {
  command = plan

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.treat_missing_data == "notBreaching"])
    error_message = "An alarm flaps when there is no traffic."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.datapoints_to_alarm >= 2 && alarm.threshold > 0])
    error_message = "One hiccup, or nothing at all, raises an alarm."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["slow"].evaluate_low_sample_count_percentiles == "ignore"
    error_message = "One slow request among five would be a p99."
  }
}

run "alarms_watch_what_users_meet" {
  command = plan

  assert {
    condition     = alltrue([for thing in ["errors", "throttles", "slow"] : aws_cloudwatch_metric_alarm.this[thing].dimensions["Resource"] == "project-test:live"])
    error_message = "A version that is still being proven would raise the alarm."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["api-5xx"].metric_name == "5xx" && aws_cloudwatch_metric_alarm.this["api-5xx"].dimensions == tomap({ ApiId = "api1", Stage = "test" })
    error_message = "REST's metric names return nothing for an HTTP API."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["sessions-by-user-write-throttles"].dimensions["GlobalSecondaryIndexName"] == "by_user"
    error_message = "A throttled index stays unseen."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["slow"].extended_statistic == "p99" && aws_cloudwatch_metric_alarm.this["slow"].threshold == 3000
    error_message = "Latency is not watched at its slowest hundredth."
  }
}

run "only_these_alarms_may_publish" {
  assert {
    condition     = one(data.aws_iam_policy_document.alarms.statement).actions == toset(["sns:Publish"])
    error_message = "The topic's policy allows more than publishing."
  }

  assert {
    condition = anytrue([
      for condition in one(data.aws_iam_policy_document.alarms.statement).condition :
      condition.variable == "aws:SourceArn" && contains(condition.values, "arn:aws:cloudwatch:us-east-1:000000000000:alarm:project-degraded-test") && !anytrue([for value in condition.values : strcontains(value, "*")])
    ])
    error_message = "Alarms of others may publish."
  }
}

run "nobody_is_mailed_unless_there_is_an_address" {
  command = plan

  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0
    error_message = "Somebody is subscribed."
  }
}

run "an_address_is_subscribed" {
  command = plan

  variables {
    email = "on-call@example.com"
  }

  assert {
    condition     = one(aws_sns_topic_subscription.email).protocol == "email" && one(aws_sns_topic_subscription.email).endpoint == "on-call@example.com"
    error_message = "The address is not subscribed."
  }
}

run "the_dashboard_shows_the_alarms_and_every_table" {
  assert {
    condition     = contains([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.type], "alarm")
    error_message = "The alarms are not on the dashboard."
  }

  assert {
    condition     = alltrue([for table in var.tables : strcontains(aws_cloudwatch_dashboard.this.dashboard_body, table.name)])
    error_message = "A table is not on the dashboard."
  }
}

run "what_is_no_address_or_threshold_is_refused" {
  command         = plan
  expect_failures = [var.email, var.p99_duration_ms]

  variables {
    email           = "nobody"
    p99_duration_ms = 0
  }
}
