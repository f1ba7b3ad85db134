"""The paths of streams, and the web's connection to the stream process. Does not import Django."""

from __future__ import annotations

import re
import socket
from http.client import HTTPConnection
from pathlib import Path

STREAM_PATH = re.compile(r"/+api/+v1/+(?:imports/+(?P<import_id>[^/]+)/+stream|status/+worker-stream)/*", re.IGNORECASE)
"""As lenient as all paths of the API (imports/api/core/middleware.py)."""
OPEN_STREAMS_PATH = "/open-streams"
"""Returns the number of open streams, for /metrics and /healthz; neither the web nor a proxy relays it."""

IS_RELAYED = "X-Stream-Relayed"
"""The header with which the web requests probes."""
PROBE = b":\n\n"
"""An empty comment, sent only to the web, which then checks whether its client is still connected."""

CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 60.0  # more than twice the interval of keepalives


class UnixConnection(HTTPConnection):
    """An HTTP connection to the stream process."""

    def __init__(self, path: Path, *, timeout: float = SILENCE_SECONDS) -> None:
        super().__init__("streams", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(CONNECT_SECONDS)
        self.sock.connect(str(self._path))
        self.sock.settimeout(self.timeout)
