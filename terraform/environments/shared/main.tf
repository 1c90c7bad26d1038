data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  # Items are expired by the table itself; the index lists a user's devices, newest last.
  table = {
    sessions = {
      hash_key   = "session_id"
      attributes = { session_id = "S", user_id = "S", created_at = "N" }
      indexes    = { by_user = { hash_key = "user_id", range_key = "created_at" } }
      ttl        = "expires_at"
    }
    jobs = {
      hash_key   = "job_id"
      attributes = { job_id = "S" }
      indexes    = {}
      ttl        = null
    }
    agents = {
      hash_key   = "agent_id"
      attributes = { agent_id = "S" }
      indexes    = {}
      ttl        = null
    }
  }

  kms_key_arn = var.kms_key_arn == "" ? null : var.kms_key_arn

  verifies_tokens = var.token_verification == "provider"
  google_client_ids = setunion(
    var.google_client_ids,
    compact([var.google_client_id]),
  )

  # ARNs are built from names, so that a plan shows whom the function may reach before there is anything to reach.
  region      = data.aws_region.current.id
  account     = data.aws_caller_identity.current.account_id
  arn         = { for service in ["dynamodb", "logs", "ssm"] : service => "arn:${data.aws_partition.current.partition}:${service}:${local.region}:${local.account}" }
  session_arn = "${local.arn.dynamodb}:table/${var.project}-sessions-${var.environment}"

  # The secret of the OAuth application is put below this by hand; only its name is known here.
  oauth_parameter = "/${var.project}/${var.environment}/oauth"
}

module "table" {
  source   = "../../modules/table"
  for_each = local.table

  name                   = "${var.project}-${each.key}-${var.environment}"
  hash_key               = each.value.hash_key
  attributes             = each.value.attributes
  indexes                = each.value.indexes
  ttl_attribute          = each.value.ttl
  billing_mode           = var.dynamodb_billing_mode
  read_capacity          = var.dynamodb_read_capacity
  write_capacity         = var.dynamodb_write_capacity
  max_read_capacity      = var.dynamodb_max_read_capacity
  max_write_capacity     = var.dynamodb_max_write_capacity
  scaled_capacity        = lookup(var.dynamodb_scaled_capacity, each.key, {})
  point_in_time_recovery = var.dynamodb_point_in_time_recovery
  deletion_protection    = var.dynamodb_deletion_protection
  kms_key_arn            = local.kms_key_arn
}

module "function" {
  source = "../../modules/function"

  name                    = "${var.project}-${var.environment}"
  description             = "Sessions over HTTP; traffic reaches it through the alias live only."
  permissions_boundary    = var.permissions_boundary == "" ? null : var.permissions_boundary
  kms_key_arn             = local.kms_key_arn
  role_name               = "${var.project}-function-${var.environment}"
  package                 = var.lambda_package
  memory_size             = var.lambda_memory_size
  timeout                 = var.lambda_timeout
  reserved_concurrency    = var.lambda_reserved_concurrency
  provisioned_concurrency = var.lambda_provisioned_concurrency
  log_group_arn           = "${local.arn.logs}:log-group:/aws/lambda/${var.project}-${var.environment}"
  log_retention_days      = var.log_retention_days

  # A new call in the code needs a line here.
  permissions = merge(
    {
      KeepSessions = {
        actions = [
          "dynamodb:BatchGetItem",
          "dynamodb:BatchWriteItem",
          "dynamodb:DeleteItem",
          "dynamodb:GetItem",
          "dynamodb:PutItem",
          "dynamodb:UpdateItem",
        ]
        resources = [local.session_arn]
      }
      ListSessions = {
        actions   = ["dynamodb:Query"]
        resources = [for index in keys(local.table.sessions.indexes) : "${local.session_arn}/index/${index}"]
      }
    },
    # SecureString parameters under the key aws/ssm need no kms permission: its policy admits the account through SSM.
    local.verifies_tokens ? {
      ReadSecrets = {
        actions   = ["ssm:GetParameter"]
        resources = ["${local.arn.ssm}:parameter${local.oauth_parameter}/github_client_secret"]
      }
    } : {},
  )

  environment_variables = merge(
    {
      ENVIRONMENT              = var.environment
      SESSIONS_TABLE           = module.table["sessions"].name
      JOBS_TABLE               = module.table["jobs"].name
      AGENTS_TABLE             = module.table["agents"].name
      SESSIONS_USER_INDEX      = one(module.table["sessions"].index_names)
      TOKEN_VERIFICATION       = var.token_verification
      SESSION_LIFETIME_SECONDS = tostring(var.session_lifetime_seconds)
      SESSION_IDLE_SECONDS     = tostring(var.session_idle_seconds)
      MAX_SESSIONS_PER_USER    = tostring(var.max_sessions_per_user)
      CORS_ORIGINS             = jsonencode(var.cors_origins)
      LOG_LEVEL                = var.log_level
    },
    local.verifies_tokens ? {
      GOOGLE_CLIENT_IDS       = jsonencode(local.google_client_ids)
      GITHUB_CLIENT_ID        = var.github_client_id
      GITHUB_API_URL          = var.github_api_url
      OAUTH_SECRETS_PARAMETER = local.oauth_parameter
    } : {},
  )
}

module "http_api" {
  source = "../../modules/http_api"

  name                   = "${var.project}-${var.environment}"
  stage_name             = var.environment
  function_name          = module.function.name
  alias_name             = module.function.alias_name
  alias_invoke_arn       = module.function.alias_invoke_arn
  cors_origins           = var.cors_origins
  throttling_burst_limit = var.throttling_burst_limit
  throttling_rate_limit  = var.throttling_rate_limit
  log_group_name         = "/aws/vendedlogs/apigateway/${var.project}-${var.environment}"
  log_retention_days     = var.log_retention_days
  kms_key_arn            = local.kms_key_arn

  # Named, so that API Gateway tells them apart in logs and metrics; the rest reaches the function's own 404 and 405.
  routes = [
    "GET /health",
    "POST /auth/session",
    "POST /auth/validate",
    "GET /auth/sessions",
    "DELETE /auth/session",
    "DELETE /auth/sessions",
    "$default",
  ]
}

module "observability" {
  source = "../../modules/observability"

  project         = var.project
  environment     = var.environment
  function_name   = module.function.name
  alias_name      = module.function.alias_name
  api_id          = module.http_api.api_id
  stage_name      = module.http_api.stage_name
  tables          = { for key, table in module.table : key => { name = table.name, indexes = table.index_names } }
  p99_duration_ms = var.alarm_p99_duration_ms
  email           = var.alarm_email
  kms_key_arn     = local.kms_key_arn
}

# A warning and no refusal: production's values are rehearsed before there is an OAuth application.
check "sign_in" {
  assert {
    condition     = !local.verifies_tokens || length(local.google_client_ids) > 0 || var.github_client_id != ""
    error_message = "Tokens are verified, but neither google_client_ids nor github_client_id is set: nobody can sign in."
  }
}
