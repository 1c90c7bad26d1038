data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

# The calls the code makes and no others; a new call in the code wants a new line here. No ARN is taken from a resource,
# so that a plan shows the whole policy, also before there is anything and while a table changes.
data "aws_iam_policy_document" "this" {
  # Any stream, for Lambda names them; of this group only.
  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${var.log_group_arn}:log-stream:*"]
  }

  statement {
    sid = "KeepSessions"
    actions = [
      "dynamodb:BatchGetItem",
      "dynamodb:BatchWriteItem",
      "dynamodb:DeleteItem",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:UpdateItem",
    ]
    resources = [var.session_table_arn]
  }

  statement {
    sid       = "ListSessions"
    actions   = ["dynamodb:Query"]
    resources = var.session_index_arns
  }

  # SecureString parameters under the key aws/ssm need no kms permission: its policy admits the account through SSM.
  dynamic "statement" {
    for_each = length(var.secret_parameter_arns) > 0 ? [var.secret_parameter_arns] : []

    content {
      sid       = "ReadSecrets"
      actions   = ["ssm:GetParameter"]
      resources = statement.value
    }
  }
}

resource "aws_iam_role" "this" {
  name                 = var.role_name
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy" "this" {
  name   = "function"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.this.json
}
