# What this backend is made of. All environments share it.

locals {
  name   = "${var.project}-${var.environment}"
  routes = ["GET /health", "GET /notes/{id}", "PUT /notes/{id}"]
}

resource "aws_dynamodb_table" "notes" {
  name                        = "${var.project}-notes-${var.environment}"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  deletion_protection_enabled = var.protect_data

  attribute {
    name = "id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = var.protect_data
  }
}

resource "aws_lambda_function" "this" {
  function_name    = local.name
  role             = aws_iam_role.function.arn
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  handler          = "main.handle"
  runtime          = "python3.11"
  architectures    = ["arm64"]
  memory_size      = 256
  timeout          = 10
  publish          = true # each change is a version, to release and to roll back to

  environment {
    variables = {
      NOTES_TABLE = aws_dynamodb_table.notes.name
    }
  }

  depends_on = [aws_cloudwatch_log_group.function, aws_iam_role_policy.function]
}

data "aws_iam_policy_document" "function" {
  statement {
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem"]
    resources = [aws_dynamodb_table.notes.arn]
  }

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function.arn}:*"]
  }
}
