"""What DynamoDB refuses and the emulator accepts."""
