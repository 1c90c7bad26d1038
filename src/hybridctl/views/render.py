"""One renderer per result type, for people and for programs. Nothing outside views knows how a result looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import singledispatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hybridctl.views.console  # noqa: F401  (puts the text filter into rich before any view uses it)
from hybridctl.views.registry import import_view_of

if TYPE_CHECKING:
    from rich.console import RenderableType


@singledispatch
def render(result: object) -> RenderableType:
    """Render a result for people; its view is imported on first use."""
    kind = type(result)
    import_view_of(kind)
    if render.dispatch(kind) is render.dispatch(object):
        raise NotImplementedError(f"no view for {kind.__name__}")
    return render.dispatch(kind)(result)


@singledispatch
def as_json(value: object) -> Any:
    """Return a result as plain JSON values: dataclasses by field, times as ISO 8601, enums by value."""
    if is_dataclass(value) and not isinstance(value, type):
        import_view_of(type(value))  # which may have a say
        view = as_json.dispatch(type(value))
        if view is not as_json.dispatch(object):
            return view(value)
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(member) for member in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    return value
