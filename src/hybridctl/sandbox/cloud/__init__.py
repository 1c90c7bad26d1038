"""The cloud half of the sandbox: MiniStack behind an ASGI wrapper that adds what AWS has and it lacks."""
