"""View of Terraform's outputs by name."""

import json
from typing import Any

from hybridctl.domain.outputs import Outputs
from hybridctl.views.render import as_json, render
from hybridctl.views.rows import Rows


@render.register
def _(outputs: Outputs) -> Rows:
    return Rows((name, value if isinstance(value, str) else json.dumps(value)) for name, value in outputs.shown.items())


@as_json.register
def _(outputs: Outputs) -> Any:
    return outputs.shown
