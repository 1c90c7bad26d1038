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
    tags = { Project = "local", Environment = "local" }
  }
}

module "backend" {
  source = "../backend"

  project     = "local"
  environment = "local"
}

output "api_endpoint" { value = module.backend.for_hybridctl.api_endpoint }
output "api_id" { value = module.backend.for_hybridctl.api_id }
output "api_stage" { value = module.backend.for_hybridctl.api_stage }
output "dynamodb_notes_table" { value = module.backend.for_hybridctl.dynamodb_notes_table }
output "lambda_alias_name" { value = module.backend.for_hybridctl.lambda_alias_name }
output "lambda_function_name" { value = module.backend.for_hybridctl.lambda_function_name }
output "lambda_function_version" { value = module.backend.for_hybridctl.lambda_function_version }
output "lambda_log_group" { value = module.backend.for_hybridctl.lambda_log_group }
