"""The models by which the emulator chooses a response's content type, read once for the whole process.

The emulator opens a botocore session for each service, which takes longer than the first hundred requests.
"""

from functools import cache

from botocore.exceptions import DataNotFoundError
from botocore.model import ServiceModel

from hybridctl.sandbox.cloud import emulator
from hybridctl.service_models import open_shared_loader


def install() -> None:
    emulator.substitute(emulator.Parts("core.responses").module, "_service_model", "service", find_model)


@cache
def find_model(service: str) -> ServiceModel | None:
    """Return botocore's model of a service by the emulator's name for it; None if botocore has none."""
    names: dict[str, str] = emulator.Parts("core.responses", "_BOTOCORE_NAME")["_BOTOCORE_NAME"]
    try:
        return ServiceModel(open_shared_loader().load_service_model(names.get(service, service), "service-2"))
    except DataNotFoundError:
        return None
