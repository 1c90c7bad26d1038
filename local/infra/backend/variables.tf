variable "project" {
  description = "First part of every name."
  type        = string
}

variable "environment" {
  description = "Last part of every name."
  type        = string
}

variable "package" {
  description = "The zip that `hybridctl build` makes."
  type        = string
  default     = "../../build/function.zip"
}

variable "protect_data" {
  description = "Whether AWS refuses to delete the table, and can restore it to any second of the last 35 days."
  type        = bool
  default     = false
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the function's role, as `hybridctl bootstrap --ci` prints it; null for none."
  type        = string
  default     = null
}
