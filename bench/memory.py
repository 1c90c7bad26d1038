"""The most memory of a child, looked at while it runs: what the system tells of it in the end includes its parent's."""

import re
import threading
import time
from pathlib import Path


class PeakMemory(threading.Thread):
    """Started with a child's process id, it ends with the child; 0 where there is no /proc."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._status = Path(f"/proc/{pid}/status")
        self.peak_mb = 0.0
        self.start()

    def run(self) -> None:
        while True:
            try:
                found = re.search(r"VmHWM:\s+(\d+) kB", self._status.read_text())
            except OSError:
                return
            if found is None:  # it has ended
                return
            self.peak_mb = max(self.peak_mb, int(found[1]) * 1024 / 1e6)
            time.sleep(0.02)
