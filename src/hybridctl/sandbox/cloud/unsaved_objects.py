"""S3 objects that could not be written to disk, such as Terraform's state on a full disk: they are written later."""

import json
from pathlib import Path
from threading import Lock
from typing import Any

from hybridctl.sandbox.cloud import emulator


class UnsavedObjects:
    """The emulator tries to write an object once, answers that it is stored, and keeps it in memory."""

    def __init__(self) -> None:
        self._unsaved: set[tuple[str, str]] = set()
        self._lock = Lock()
        self._s3 = emulator.service("s3", "_buckets", "_persist_version_state", "_object_disk_path")

    def install(self) -> None:
        emulator.replace(self._s3.module, "_persist_object", "bucket key obj", self._write)
        emulator.replace(self._s3.module, "_persist_delete_marker", "bucket_name key marker", self._write)

    def write_again(self) -> None:
        """Write what could not be written; call it often."""
        with self._lock:
            unsaved, self._unsaved = self._unsaved, set()
        with emulator.as_owner():
            for bucket, key in unsaved:
                if found := self._s3["_buckets"].get(bucket):
                    self._s3["_persist_version_state"](bucket, key, found)

    def _write(self, original: emulator.Original, bucket: str, key: str, record: Any) -> None:
        with self._lock:
            original(bucket, key, record)
            is_saved = self._is_marker_saved(bucket, key, record) if "body" not in record else record["body"] is None
            if not is_saved:
                self._unsaved.add((bucket, key))

    def _is_marker_saved(self, bucket: str, key: str, marker: Any) -> bool:
        path = self._s3["_object_disk_path"](bucket, key)
        try:
            saved = json.loads(Path(f"{path}.meta.json").read_bytes())
        except (OSError, ValueError):
            return path is None  # the emulator keeps such a key in memory only
        return bool(saved.get("version_id") == marker.get("version_id"))
