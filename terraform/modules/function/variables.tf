variable "name" {
  description = "Name of the function."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "A function's name has 1 to 64 letters, digits, dashes or underscores."
  }
}

variable "role_name" {
  description = "Name of the role the function runs as."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.role_name))
    error_message = "A role's name has 1 to 64 letters, digits or any of +=,.@_-"
  }
}

variable "permissions_boundary" {
  description = "ARN of the managed policy that bounds the function's role; null for none."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the log; null for the service's own key."
  type        = string
  default     = null
}

variable "alias_name" {
  description = "Name of the alias that takes the traffic."
  type        = string
  default     = "live"

  validation {
    condition     = can(regex("^[A-Za-z_-][A-Za-z0-9_-]*$", var.alias_name))
    error_message = "An alias has letters, digits, dashes or underscores and does not begin with a digit, which would make it a version."
  }
}

variable "package" {
  description = "Path of the zip with the function's code."
  type        = string
}

variable "handler" {
  description = "Entry point within the package."
  type        = string
  default     = "backend.entry.handle"
}

variable "runtime" {
  description = "Lambda runtime."
  type        = string
  default     = "python3.13"
}

variable "memory_size" {
  description = "Memory in MB; the processor's share grows with it (one whole vCPU at 1769)."
  type        = number

  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
  validation {
    condition     = var.memory_size >= 128 && var.memory_size <= 10240 && floor(var.memory_size) == var.memory_size
    error_message = "Lambda takes 128 to 10240 MB."
  }
}

variable "timeout" {
  description = "Seconds after which a request is given up."
  type        = number
  default     = 10

  # An HTTP API waits 30 s at most; a function that outlives the wait works for nobody.
  validation {
    condition     = var.timeout >= 1 && var.timeout <= 29 && floor(var.timeout) == var.timeout
    error_message = "The timeout is 1 to 29 seconds: behind an HTTP API nobody waits longer."
  }
}

variable "reserved_concurrency" {
  description = "Most executions at one time, taken out of the account's pool: -1 for no limit, 0 stops the function."
  type        = number
  default     = -1
  nullable    = false

  validation {
    condition     = var.reserved_concurrency >= -1 && floor(var.reserved_concurrency) == var.reserved_concurrency
    error_message = "Reserved concurrency is -1 for none, or a whole number from 0."
  }
}

variable "provisioned_concurrency" {
  description = "Environments kept warm behind the alias; 0 for none."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.provisioned_concurrency >= 0 && floor(var.provisioned_concurrency) == var.provisioned_concurrency
    error_message = "Provisioned concurrency is a whole number from 0."
  }

  validation {
    condition     = var.reserved_concurrency == -1 || var.provisioned_concurrency <= var.reserved_concurrency
    error_message = "Provisioned concurrency must fit within the reserved concurrency."
  }
}

variable "environment_variables" {
  description = "What the code reads from its environment."
  type        = map(string)
  default     = {}
}

variable "log_group_arn" {
  description = "ARN that the function's log group has once it is there."
  type        = string

  validation {
    condition     = endswith(var.log_group_arn, ":log-group:/aws/lambda/${var.name}")
    error_message = "The log group of a function is named /aws/lambda/ and the function's name."
  }
}

variable "log_retention_days" {
  description = "Days the function's log is kept."
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

variable "permissions" {
  description = "What the code may call besides its log, by the name of the statement. No action has a wildcard."
  type = map(object({
    actions   = list(string)
    resources = list(string)
  }))
  default = {}

  validation {
    condition     = alltrue(flatten([for one in values(var.permissions) : [for action in one.actions : !strcontains(action, "*")]]))
    error_message = "Name each action: a wildcard allows what the code does not call."
  }

  validation {
    condition     = alltrue([for one in values(var.permissions) : length(one.actions) > 0 && length(one.resources) > 0])
    error_message = "A statement has at least one action and one resource; leave it out otherwise."
  }
}

variable "description" {
  description = "What the function does, as the console shows it."
  type        = string
  default     = ""
}
