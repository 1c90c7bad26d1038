# Made before the function: Lambda would make the group itself at the first invocation, without a retention.
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:logs are encrypted at rest with the service's key, or with one of your own by kms_key_arn; ids in them are shortened and tokens never written
  #checkov:skip=CKV_AWS_338:retention is a variable; a year of request logs is not kept on purpose
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_116:invoked synchronously by an API, so there is no failed event to keep
  #checkov:skip=CKV_AWS_117:reaches AWS's public endpoints only; a VPC would add cold start and NAT for nothing
  #checkov:skip=CKV_AWS_173:the environment holds no secret, only names and numbers
  #checkov:skip=CKV_AWS_272:the zip is bound to the release by its hash, which is checked before traffic moves
  #checkov:skip=CKV_AWS_115:reserved concurrency is a variable, set in production
  function_name                  = var.name
  description                    = var.description
  role                           = aws_iam_role.this.arn
  runtime                        = var.runtime
  architectures                  = ["arm64"]
  handler                        = var.handler
  filename                       = var.package
  source_code_hash               = filebase64sha256(var.package)
  memory_size                    = var.memory_size
  timeout                        = var.timeout
  reserved_concurrent_executions = var.reserved_concurrency

  # Each change of code or configuration becomes a version, which is what a release moves to and a rollback returns to.
  publish = true

  environment {
    variables = var.environment_variables
  }

  logging_config {
    log_format = "Text" # the code writes JSON lines itself; the service's JSON would wrap them once more
    log_group  = aws_cloudwatch_log_group.this.name
  }

  # HTTP APIs pass no X-Ray header on, and writing segments needs a permission on "*": no tracing is started here.
  tracing_config {
    mode = "PassThrough"
  }

  # The policy first, or the first invocations find no permission.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_lambda_alias" "live" {
  name             = var.alias_name
  description      = "Takes the traffic; moved by releases and rollbacks, not by Terraform."
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version

  # Terraform makes the alias and never moves it: otherwise the next apply would undo a rollback or end a canary.
  lifecycle {
    ignore_changes = [function_version, routing_config]
  }
}

resource "aws_lambda_provisioned_concurrency_config" "live" {
  count = var.provisioned_concurrency > 0 ? 1 : 0

  function_name                     = aws_lambda_function.this.function_name
  qualifier                         = aws_lambda_alias.live.name
  provisioned_concurrent_executions = var.provisioned_concurrency
}
