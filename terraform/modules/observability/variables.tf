variable "project" {
  description = "First part of every name."
  type        = string
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the topic; null for no encryption."
  type        = string
  default     = null
}

variable "environment" {
  description = "Last part of every name."
  type        = string
}

variable "function_name" {
  description = "Function to watch."
  type        = string
}

variable "alias_name" {
  description = "Alias of the function that takes the traffic."
  type        = string
}

variable "api_id" {
  description = "Id of the API to watch."
  type        = string
}

variable "stage_name" {
  description = "Stage of the API."
  type        = string
}

variable "tables" {
  description = "Tables to watch, and the names of their indexes, by what they hold."
  type        = map(object({ name = string, indexes = list(string) }))
}

variable "p99_duration_ms" {
  description = "Slowest hundredth of requests, in ms, from which latency counts as trouble."
  type        = number
  default     = 3000

  validation {
    condition     = var.p99_duration_ms > 0
    error_message = "The threshold is above 0 ms."
  }
}

variable "email" {
  description = "Address that is notified; empty for none. AWS asks it to confirm."
  type        = string
  default     = ""

  validation {
    condition     = var.email == "" || can(regex("^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$", var.email))
    error_message = "An e-mail address, or empty for none."
  }
}
