"""The session backend: one Lambda function behind an HTTP API."""

VERSION = "0.1.0"
