"""The event writer when no program follows the run."""


class _NoEvents:
    def write(self, event: str, **facts: object) -> None:
        pass

    def finish(self) -> None:
        pass


NO_EVENTS = _NoEvents()
