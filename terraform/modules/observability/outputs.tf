output "alarm_names" {
  description = "Names of the metric alarms."
  value       = sort([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name])
}

output "composite_alarm_name" {
  description = "Name of the alarm that is red when any other is."
  value       = aws_cloudwatch_composite_alarm.degraded.alarm_name
}

output "topic_arn" {
  description = "ARN of the topic that all alarms notify."
  value       = aws_sns_topic.alarms.arn
}

output "dashboard_name" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}
