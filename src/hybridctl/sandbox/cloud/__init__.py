"""The sandbox's cloud: MiniStack behind an ASGI wrapper that adds AWS behavior that it lacks."""
