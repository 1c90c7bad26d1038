"""Refuse requests that DynamoDB refuses and the emulator accepts."""
