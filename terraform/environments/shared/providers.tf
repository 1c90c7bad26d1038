# Region, account and endpoint come from the environment (AWS_REGION, credentials, AWS_ENDPOINT_URL), so the same code
# serves AWS and the sandbox.
provider "aws" {
  default_tags {
    tags = {
      Project     = var.project
      Environment = var.environment
      ManagedBy   = "terraform"
    }
  }
}
