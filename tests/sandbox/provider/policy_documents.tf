data "aws_iam_policy_document" "base" {
  statement {
    sid       = "One"
    actions   = ["s3:PutObject", "s3:GetObject"]
    resources = ["b", "a"]
    condition {
      test     = "StringEquals"
      variable = "z:b"
      values   = ["2", "1"]
    }
    condition {
      test     = "StringEquals"
      variable = "a:b"
      values   = ["1"]
    }
    condition {
      test     = "Bool"
      variable = "a:b"
      values   = ["true"]
    }
  }
}
data "aws_iam_policy_document" "over" {
  policy_id                 = "pid"
  source_policy_documents   = [data.aws_iam_policy_document.base.json]
  override_policy_documents = [jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "One", Effect = "Deny", Action = "s3:*", Resource = "*", Condition = { StringLike = { "x:y" = "q" } } }] })]
  statement {
    effect        = "Deny"
    not_actions   = ["s3:*"]
    not_resources = ["x<&>"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "StringLike"
      variable = "aws:x"
      values   = ["&{aws:username}/*"]
    }
  }
  statement {
    sid     = "two"
    actions = ["a:b"]
    not_principals {
      type        = "AWS"
      identifiers = ["z", "a"]
    }
    not_principals {
      type        = "Service"
      identifiers = ["z.amazonaws.com", "a"]
    }
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
  }
}
data "aws_iam_policy_document" "empty" {}
data "aws_iam_policy_document" "v" {
  version                 = "2008-10-17"
  source_policy_documents = [jsonencode({ Statement = [{ Effect = "Allow", Action = "q:r", Resource = ["c", "a"], Principal = { AWS = ["c", "b"] } }, { Sid = "", Effect = "Allow", Action = ["q:r"], Resource = "*", Principal = "*" }] })]
}
data "aws_iam_policy_document" "multi" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["b.amazonaws.com"]
    }
    principals {
      type        = "AWS"
      identifiers = ["222", "111"]
    }
    principals {
      type        = "Service"
      identifiers = ["a.amazonaws.com"]
    }
    principals {
      type        = "Federated"
      identifiers = ["*"]
    }
  }
}
