locals {
  # A widget: two columns of 12, six rows high. CloudWatch's shape for a series is a list:
  # namespace, metric, then dimensions as name, value, name, value, then options.
  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
  live_series = ["FunctionName", var.function_name, "Resource", "${var.function_name}:${var.alias_name}"]
  api_series  = ["ApiId", var.api_id, "Stage", var.stage_name]

  chart = [
    {
      title = "Requests"
      unit  = "requests a minute"
      metrics = [
        concat(["AWS/ApiGateway", "Count"], local.api_series, [{ stat = "Sum", label = "all" }]),
        concat(["AWS/ApiGateway", "4xx"], local.api_series, [{ stat = "Sum", label = "4xx" }]),
        concat(["AWS/ApiGateway", "5xx"], local.api_series, [{ stat = "Sum", label = "5xx" }]),
      ]
    },
    {
      title = "Latency as users meet it"
      unit  = "ms"
      metrics = [
        for stat in ["p50", "p95", "p99"] :
        concat(["AWS/ApiGateway", "Latency"], local.api_series, [{ stat = stat, label = stat }])
      ]
    },
    {
      title = "Function: errors and throttles"
      unit  = "a minute"
      metrics = [
        for metric in ["Errors", "Throttles"] :
        concat(["AWS/Lambda", metric], local.live_series, [{ stat = "Sum", label = lower(metric) }])
      ]
    },
    {
      title = "Function: duration"
      unit  = "ms"
      metrics = [
        for stat in ["p50", "p95", "p99"] :
        concat(["AWS/Lambda", "Duration"], local.live_series, [{ stat = stat, label = stat }])
      ]
    },
    {
      title = "Function: concurrency"
      unit  = "executions"
      metrics = [
        ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", var.function_name, { stat = "Maximum", label = "at one time" }],
        concat(
          ["AWS/Lambda", "ProvisionedConcurrencySpilloverInvocations"],
          local.live_series,
          [{ stat = "Sum", label = "not met by warm environments" }],
        ),
      ]
    },
    {
      title = "Tables: consumed units"
      unit  = "units a minute"
      metrics = concat([
        for key, table in var.tables : [
          for kind in ["Read", "Write"] :
          ["AWS/DynamoDB", "Consumed${kind}CapacityUnits", "TableName", table.name, { stat = "Sum", label = "${key} ${lower(kind)}" }]
        ]
      ]...)
    },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "${var.project}-${var.environment}"

  dashboard_body = jsonencode({
    widgets = concat(
      [{
        type       = "alarm"
        x          = 0
        y          = 0
        width      = 24
        height     = 3
        properties = { title = "Alarms", alarms = [for alarm in values(aws_cloudwatch_metric_alarm.this) : alarm.arn] }
      }],
      [for position, chart in local.chart : {
        type   = "metric"
        x      = position % 2 * 12
        y      = 3 + floor(position / 2) * 6
        width  = 12
        height = 6
        properties = {
          title   = chart.title
          region  = data.aws_region.current.id
          view    = "timeSeries"
          stacked = false
          period  = 60
          metrics = chart.metrics
          yAxis   = { left = { min = 0, label = chart.unit, showUnits = false } }
        }
      }],
    )
  })
}
