variable "name" {
  description = "Name of the API."
  type        = string
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the access log; null for the service's own key."
  type        = string
  default     = null
}

variable "stage_name" {
  description = "Name of the stage, which is the first part of every path."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,128}$", var.stage_name))
    error_message = "A stage's name has 1 to 128 letters, digits, dashes or underscores."
  }
}

variable "routes" {
  description = "Route keys, each a method and a path; $default catches everything else."
  type        = set(string)

  validation {
    condition = alltrue([
      for route in var.routes : route == "$default" || can(regex("^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|ANY) /", route))
    ])
    error_message = "A route is $default, or a method and a path as in \"GET /health\"."
  }

  validation {
    condition     = contains(var.routes, "$default")
    error_message = "Without $default unknown routes are answered by API Gateway, not by the function's uniform 404."
  }
}

variable "function_name" {
  description = "Name of the function behind the API."
  type        = string
}

variable "alias_name" {
  description = "Alias of the function that takes the traffic."
  type        = string
}

variable "alias_invoke_arn" {
  description = "The alias's invoke ARN."
  type        = string
}

variable "cors_origins" {
  description = "Origins whose pages may call the API, each exactly scheme://host[:port]; none turns CORS off."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^(https?://[a-z0-9.-]+(:[1-9][0-9]{0,4})?|[*])$", origin)) && !can(regex("^(http://.*:80|https://.*:443)$", origin))])
    error_message = "An origin is exactly scheme://host[:port], in lower case, without a path and without the default port: https://app.example.com, http://localhost:3000."
  }
}

variable "cors_allow_credentials" {
  description = "Whether browsers may send cookies along; sessions travel in the Authorization header and need none."
  type        = bool
  default     = false

  # Browsers refuse the pair, and a server that echoed the origin instead would open every user's session to every page.
  validation {
    condition     = !(var.cors_allow_credentials && contains(var.cors_origins, "*"))
    error_message = "Credentials cannot be allowed together with the origin \"*\": name the origins."
  }
}

variable "throttling_burst_limit" {
  description = "Requests that may come at one time before the API answers 429."
  type        = number

  validation {
    condition     = var.throttling_burst_limit >= 1 && floor(var.throttling_burst_limit) == var.throttling_burst_limit
    error_message = "The burst limit is a whole number of requests, at least 1."
  }
}

variable "throttling_rate_limit" {
  description = "Requests a second, over time, before the API answers 429."
  type        = number

  validation {
    condition     = var.throttling_rate_limit > 0
    error_message = "The rate limit is above 0 requests a second."
  }
}

variable "log_group_name" {
  description = "Name of the access log's group."
  type        = string
}

variable "log_retention_days" {
  description = "Days the access log is kept."
  type        = number

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days,
    )
    error_message = "CloudWatch Logs keeps 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days."
  }
}
