terraform {
  # Bucket and region come by -backend-config; a lock is an object beside the state.
  backend "s3" {
    key          = "hybrid-ci-cd-production/terraform.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}
