"""Execution environments for Python functions: code, process, isolation and log."""
