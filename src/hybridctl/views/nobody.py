"""The event writer when no program follows the run."""


class _Nobody:
    def write(self, event: str, **facts: object) -> None:
        pass


NOBODY = _Nobody()
