terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }

  # hybridctl passes bucket, region and key.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  default_tags {
    tags = { Project = "local", Environment = "production" }
  }
}

module "backend" {
  source = "../backend"

  project              = "local"
  environment          = "production"
  protect_data         = true
  permissions_boundary = var.permissions_boundary
}

output "api_endpoint" { value = module.backend.for_hybridctl.api_endpoint }
output "api_id" { value = module.backend.for_hybridctl.api_id }
output "api_stage" { value = module.backend.for_hybridctl.api_stage }
output "dynamodb_notes_table" { value = module.backend.for_hybridctl.dynamodb_notes_table }
output "lambda_alias_name" { value = module.backend.for_hybridctl.lambda_alias_name }
output "lambda_function_name" { value = module.backend.for_hybridctl.lambda_function_name }
output "lambda_function_version" { value = module.backend.for_hybridctl.lambda_function_version }
output "lambda_log_group" { value = module.backend.for_hybridctl.lambda_log_group }

variable "permissions_boundary" {
  description = "As `hybridctl bootstrap production --ci OWNER/REPO` prints it; null while only people deploy."
  type        = string
  default     = null
}
