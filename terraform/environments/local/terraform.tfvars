environment = "local"

lambda_memory_size             = 512
lambda_timeout                 = 10
lambda_reserved_concurrency    = -1
lambda_provisioned_concurrency = 0

dynamodb_billing_mode           = "PAY_PER_REQUEST"
dynamodb_read_capacity          = 5
dynamodb_write_capacity         = 5
dynamodb_max_read_capacity      = 200
dynamodb_max_write_capacity     = 200
dynamodb_point_in_time_recovery = false
dynamodb_deletion_protection    = false

cors_origins           = ["http://localhost:3000"]
throttling_burst_limit = 200
throttling_rate_limit  = 100

log_retention_days = 7
log_level          = "DEBUG"

token_verification       = "trusted"
google_client_ids        = []
google_client_id         = ""
github_client_id         = ""
github_api_url           = "https://api.github.com"
session_lifetime_seconds = 2592000
session_idle_seconds     = 604800
max_sessions_per_user    = 20

alarm_p99_duration_ms = 3000
alarm_email           = ""

permissions_boundary = ""
kms_key_arn          = ""
