variable "lambda_package" {
  description = "The zip that hybridctl builds."
  type        = string
  default     = "../../build/orders.zip"
}
