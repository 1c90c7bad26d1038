environment = "production"

# The reserved part caps the function, so that its load cannot starve the account's others nor flood the tables. The
# provisioned part is what spares users cold starts: two environments, about $18 a month.
lambda_memory_size             = 1024
lambda_timeout                 = 10
lambda_reserved_concurrency    = 100
lambda_provisioned_concurrency = 2

# 20 and 20 units cost $11.39 a month for each table and index.
dynamodb_billing_mode           = "PROVISIONED"
dynamodb_read_capacity          = 20
dynamodb_write_capacity         = 20
dynamodb_max_read_capacity      = 200
dynamodb_max_write_capacity     = 200
dynamodb_point_in_time_recovery = true
dynamodb_deletion_protection    = true

cors_origins           = ["https://app.example.com"]
throttling_burst_limit = 1000
throttling_rate_limit  = 500

log_retention_days = 30
log_level          = "INFO"

# Public ids of the OAuth applications; without one nobody can sign in with that provider.
token_verification       = "provider"
google_client_ids        = []
google_client_id         = ""
github_client_id         = ""
github_api_url           = "https://api.github.com"
session_lifetime_seconds = 2592000
session_idle_seconds     = 604800
max_sessions_per_user    = 20

alarm_p99_duration_ms = 3000
alarm_email           = ""

permissions_boundary = "" # the line that `hybridctl bootstrap --ci` prints
kms_key_arn          = ""
