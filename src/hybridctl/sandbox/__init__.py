"""The `local` environment: an emulated AWS and a Terraform provider in one process, usable without the rest."""
