variable "name" {
  description = "Name of the table."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{3,255}$", var.name))
    error_message = "A table's name has 3 to 255 letters, digits, dots, dashes or underscores."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the table; null for the key that AWS owns, which is free."
  type        = string
  default     = null
}

variable "hash_key" {
  description = "Attribute that is the table's partition key."
  type        = string
}

variable "attributes" {
  description = "Type (S, N or B) of each attribute that is a key of the table or of an index."
  type        = map(string)

  validation {
    condition     = alltrue([for type in values(var.attributes) : contains(["S", "N", "B"], type)])
    error_message = "An attribute's type is S, N or B."
  }
}

variable "indexes" {
  description = "Global secondary indexes by name, each holding every attribute of the items."
  type = map(object({
    hash_key  = string
    range_key = optional(string)
  }))
  default = {}
}

variable "ttl_attribute" {
  description = "Attribute that holds an item's expiry in epoch seconds; null where items do not expire."
  type        = string
  default     = null
}

variable "billing_mode" {
  description = "PAY_PER_REQUEST, or PROVISIONED with autoscaling."
  type        = string
  default     = "PAY_PER_REQUEST"

  validation {
    condition     = contains(["PAY_PER_REQUEST", "PROVISIONED"], var.billing_mode)
    error_message = "The billing mode is PAY_PER_REQUEST or PROVISIONED."
  }
}

variable "read_capacity" {
  description = "Read units autoscaling never goes below, for the table and for each index; unused under PAY_PER_REQUEST."
  type        = number
  default     = 5

  validation {
    condition     = var.read_capacity >= 1 && floor(var.read_capacity) == var.read_capacity
    error_message = "Read capacity is a whole number of units, at least 1."
  }
}

variable "write_capacity" {
  description = "Write units autoscaling never goes below, for the table and for each index; unused under PAY_PER_REQUEST."
  type        = number
  default     = 5

  validation {
    condition     = var.write_capacity >= 1 && floor(var.write_capacity) == var.write_capacity
    error_message = "Write capacity is a whole number of units, at least 1."
  }
}

variable "max_read_capacity" {
  description = "Read units autoscaling never goes above."
  type        = number
  default     = 200

  validation {
    condition     = var.max_read_capacity >= var.read_capacity
    error_message = "The highest read capacity is below the lowest."
  }
}

variable "max_write_capacity" {
  description = "Write units autoscaling never goes above."
  type        = number
  default     = 200

  validation {
    condition     = var.max_write_capacity >= var.write_capacity
    error_message = "The highest write capacity is below the lowest."
  }
}

variable "target_utilization" {
  description = "Percentage of the provisioned units that autoscaling aims at."
  type        = number
  default     = 70

  # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html
  validation {
    condition     = var.target_utilization >= 20 && var.target_utilization <= 90
    error_message = "DynamoDB's autoscaling takes a target of 20 to 90 percent."
  }
}

variable "scaled_capacity" {
  description = "What autoscaling has raised capacity to by now: key \"table\" for the table, an index's name for an index. Keeps an apply from taking it back."
  type        = map(object({ read = number, write = number }))
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.scaled_capacity), concat(["table"], keys(var.indexes)))) == 0
    error_message = "Scaled capacity is given for \"table\" or for an index of the table."
  }
}

variable "point_in_time_recovery" {
  description = "Whether the table can be restored to any second of the last 35 days."
  type        = bool
  default     = false
}

variable "deletion_protection" {
  description = "Whether AWS itself refuses to delete the table."
  type        = bool
  default     = false
}
