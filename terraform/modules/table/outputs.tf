output "name" {
  description = "Name of the table."
  value       = aws_dynamodb_table.this.name
}

output "arn" {
  description = "ARN of the table."
  value       = aws_dynamodb_table.this.arn
}

output "index_names" {
  description = "Names of the global secondary indexes."
  value       = sort(keys(var.indexes)) # not of the resource: a table that is gone must not hide what else drifted
}
