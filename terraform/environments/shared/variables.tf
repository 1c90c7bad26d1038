variable "project" {
  description = "First part of every name."
  type        = string
  default     = "hybrid-ci-cd"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.project))
    error_message = "A project has 3 to 32 lower-case letters, digits or dashes, begins with a letter and ends without a dash."
  }
}

variable "environment" {
  description = "Last part of every name, and the API's stage."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.environment))
    error_message = "An environment has 2 to 16 lower-case letters, digits or dashes, begins with a letter and ends without a dash."
  }
}

variable "permissions_boundary" {
  description = "ARN of the managed policy that bounds the function's role, as `hybridctl bootstrap --ci` makes it; empty for none."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(|arn:aws[a-z-]*:iam::[0-9]{12}:policy/.+)$", var.permissions_boundary))
    error_message = "A permissions boundary is the ARN of a managed policy."
  }
}

variable "kms_key_arn" {
  description = "ARN of a KMS key that encrypts tables, logs and the alarm topic; empty for AWS's own keys, which are free. The key's policy must admit DynamoDB, CloudWatch Logs and CloudWatch alarms."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(|arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+)$", var.kms_key_arn))
    error_message = "A KMS key is named by its ARN, arn:aws:kms:REGION:ACCOUNT:key/ID: an alias would read back as a change."
  }
}

variable "lambda_package" {
  description = "Path of the zip with the function's code, that `hybridctl build` makes."
  type        = string
  default     = "../../lambda_function.zip"
}

variable "lambda_memory_size" {
  description = "Memory of the function in MB; the processor's share grows with it."
  type        = number

  validation {
    condition     = var.lambda_memory_size >= 128 && var.lambda_memory_size <= 10240 && floor(var.lambda_memory_size) == var.lambda_memory_size
    error_message = "Lambda takes 128 to 10240 MB."
  }
}

variable "lambda_timeout" {
  description = "Seconds after which a request is given up."
  type        = number

  validation {
    condition     = var.lambda_timeout >= 1 && var.lambda_timeout <= 29 && floor(var.lambda_timeout) == var.lambda_timeout
    error_message = "The timeout is 1 to 29 seconds: behind an HTTP API nobody waits longer."
  }
}

variable "lambda_reserved_concurrency" {
  description = "Most executions at one time, taken out of the account's pool: -1 for no limit, 0 stops the function. It is free, and does nothing for cold starts."
  type        = number
  nullable    = false

  validation {
    condition     = var.lambda_reserved_concurrency >= -1 && floor(var.lambda_reserved_concurrency) == var.lambda_reserved_concurrency
    error_message = "Reserved concurrency is -1 for none, or a whole number from 0."
  }
}

variable "lambda_provisioned_concurrency" {
  description = "Environments kept warm behind the alias, against cold starts; 0 for none. They are paid by the hour."
  type        = number
  nullable    = false

  validation {
    condition     = var.lambda_provisioned_concurrency >= 0 && floor(var.lambda_provisioned_concurrency) == var.lambda_provisioned_concurrency
    error_message = "Provisioned concurrency is a whole number from 0."
  }

  validation {
    condition     = var.lambda_reserved_concurrency == -1 || var.lambda_provisioned_concurrency <= var.lambda_reserved_concurrency
    error_message = "Provisioned concurrency must fit within the reserved concurrency."
  }
}

variable "dynamodb_billing_mode" {
  description = "PAY_PER_REQUEST, or PROVISIONED with autoscaling. Either way the tables stay where they are."
  type        = string

  validation {
    condition     = contains(["PAY_PER_REQUEST", "PROVISIONED"], var.dynamodb_billing_mode)
    error_message = "The billing mode is PAY_PER_REQUEST or PROVISIONED."
  }
}

variable "dynamodb_read_capacity" {
  description = "Read units autoscaling never goes below, for each table and index; unused under PAY_PER_REQUEST."
  type        = number

  validation {
    condition     = var.dynamodb_read_capacity >= 1 && floor(var.dynamodb_read_capacity) == var.dynamodb_read_capacity
    error_message = "Read capacity is a whole number of units, at least 1."
  }
}

variable "dynamodb_write_capacity" {
  description = "Write units autoscaling never goes below, for each table and index; unused under PAY_PER_REQUEST."
  type        = number

  validation {
    condition     = var.dynamodb_write_capacity >= 1 && floor(var.dynamodb_write_capacity) == var.dynamodb_write_capacity
    error_message = "Write capacity is a whole number of units, at least 1."
  }
}

variable "dynamodb_max_read_capacity" {
  description = "Read units autoscaling never goes above, for each table and index."
  type        = number

  validation {
    condition     = var.dynamodb_max_read_capacity >= var.dynamodb_read_capacity
    error_message = "The highest read capacity is below the lowest."
  }
}

variable "dynamodb_max_write_capacity" {
  description = "Write units autoscaling never goes above, for each table and index."
  type        = number

  validation {
    condition     = var.dynamodb_max_write_capacity >= var.dynamodb_write_capacity
    error_message = "The highest write capacity is below the lowest."
  }
}

variable "dynamodb_scaled_capacity" {
  description = "What autoscaling has raised capacity to by now, as read just before the plan: by table (sessions, jobs, agents), then \"table\" or an index's name. Never in a tfvars file."
  type        = map(map(object({ read = number, write = number })))
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.dynamodb_scaled_capacity), ["sessions", "jobs", "agents"])) == 0
    error_message = "The tables are sessions, jobs and agents."
  }
}

variable "dynamodb_point_in_time_recovery" {
  description = "Whether the tables can be restored to any second of the last 35 days."
  type        = bool
}

variable "dynamodb_deletion_protection" {
  description = "Whether AWS itself refuses to delete the tables."
  type        = bool
}

variable "cors_origins" {
  description = "Origins whose pages may call the API, each exactly scheme://host[:port]; none turns CORS off."
  type        = list(string)

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https?://[a-z0-9.-]+(:[1-9][0-9]{0,4})?$", origin)) && !can(regex("^(http://.*:80|https://.*:443)$", origin))])
    error_message = "An origin is exactly scheme://host[:port], in lower case, without a path, without the default port and without \"*\": https://app.example.com, http://localhost:3000."
  }
}

variable "throttling_burst_limit" {
  description = "Requests that may come at one time before the API answers 429."
  type        = number
}

variable "throttling_rate_limit" {
  description = "Requests a second, over time, before the API answers 429."
  type        = number
}

variable "log_retention_days" {
  description = "Days the function's log and the access log are kept."
  type        = number

  # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days,
    )
    error_message = "CloudWatch Logs keeps 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days."
  }
}

variable "log_level" {
  description = "Least severe level the function logs."
  type        = string

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], var.log_level)
    error_message = "The level is DEBUG, INFO, WARNING, ERROR or CRITICAL."
  }
}

variable "token_verification" {
  description = "Who says who a user is: \"provider\" asks Google or GitHub, \"trusted\" believes the caller."
  type        = string

  validation {
    condition     = contains(["trusted", "provider"], var.token_verification)
    error_message = "Token verification is \"trusted\" or \"provider\"."
  }

  validation {
    condition     = !(var.environment == "production" && var.token_verification == "trusted")
    error_message = "In production nobody is believed on their word: token_verification must be \"provider\"."
  }
}

variable "google_client_id" {
  description = "One more client id of the Google application, as before google_client_ids; empty for none."
  type        = string
  default     = ""
}

variable "google_client_ids" {
  description = "Client ids of the Google application whose tokens are accepted, one for each platform (web, iOS, Android); empty for none."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.google_client_ids : can(regex("^[^\\s]+$", id))])
    error_message = "Each of google_client_ids is a client id as the Google Cloud console shows it: not empty, no spaces."
  }
}

variable "github_client_id" {
  description = "Client id of the GitHub OAuth application whose tokens are accepted; empty for none."
  type        = string
}

variable "github_api_url" {
  description = "Where GitHub is asked about its tokens: https://api.github.com, or https://HOST/api/v3 of an Enterprise Server. On local also a stand-in, http://localhost:PORT."
  type        = string

  # The token and the application's secret go there.
  validation {
    condition     = can(regex("^https://[a-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._-]+)*$", var.github_api_url)) || (var.environment == "local" && can(regex("^http://localhost:[0-9]{1,5}$", var.github_api_url)))
    error_message = "GitHub is asked over https alone: https://api.github.com, or https://HOST/api/v3 of an Enterprise Server; on local also http://localhost:PORT."
  }
}

variable "session_lifetime_seconds" {
  description = "Seconds after which a session ends, whatever its use."
  type        = number

  validation {
    condition     = var.session_lifetime_seconds >= 300 && floor(var.session_lifetime_seconds) == var.session_lifetime_seconds
    error_message = "A session lives a whole number of seconds, at least 300."
  }
}

variable "session_idle_seconds" {
  description = "Seconds without use after which a session ends."
  type        = number

  validation {
    condition     = var.session_idle_seconds >= 60 && var.session_idle_seconds <= var.session_lifetime_seconds && floor(var.session_idle_seconds) == var.session_idle_seconds
    error_message = "The idle time is a whole number of seconds, from 60 to the session's lifetime."
  }
}

variable "max_sessions_per_user" {
  description = "Devices a user may be logged in on at one time."
  type        = number

  validation {
    condition     = var.max_sessions_per_user >= 1 && floor(var.max_sessions_per_user) == var.max_sessions_per_user
    error_message = "At least one session a user."
  }
}

variable "alarm_p99_duration_ms" {
  description = "Slowest hundredth of requests, in ms, from which latency is alarmed on."
  type        = number
}

variable "alarm_email" {
  description = "Address that alarms are mailed to; empty for none. AWS asks it to confirm."
  type        = string

  validation {
    condition     = var.alarm_email == "" || can(regex("^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$", var.alarm_email))
    error_message = "An e-mail address, or empty for none."
  }
}
