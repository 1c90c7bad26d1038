"""Execution environments for Python functions: what runs, what it sees, and what it leaves in its log."""
