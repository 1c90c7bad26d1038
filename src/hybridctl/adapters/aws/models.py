"""botocore's descriptions of AWS's services, read as plain dictionaries."""

import gzip
import json
from pathlib import Path
from typing import Any

from botocore.loaders import JSONFileLoader


class PlainModels(JSONFileLoader):
    """The same files as botocore's own loader, whose ordered dictionaries take twice the memory and the time."""

    def load_file(self, file_path: str) -> Any:
        """The content of `file_path`, which comes without its suffix; None when there is no such file."""
        for suffix, read in ((".json", Path.read_bytes), (".json.gz", _unzipped)):
            path = Path(file_path + suffix)
            if path.is_file():
                return json.loads(read(path))
        return None


def _unzipped(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())
