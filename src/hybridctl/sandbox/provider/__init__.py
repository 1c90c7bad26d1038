"""A Terraform provider that answers as hashicorp/aws and carries everything out against the sandbox's cloud."""
