"""Which addresses are streams, and how the web asks the process that serves them. Without Django."""

from __future__ import annotations

import re
import socket
from http.client import HTTPConnection
from pathlib import Path

STREAM_PATH = re.compile(r"/+api/+v1/+(?:imports/+(?P<import_id>[^/]+)/+stream|status/+worker-stream)/*", re.IGNORECASE)
"""As lenient as all addresses of the API are (imports/api/core/middleware.py)."""
OPEN_STREAMS_PATH = "/open-streams"
"""Answers how many are open, for /metrics and /healthz; neither the web nor a proxy passes it on."""

IS_RELAYED = "X-Stream-Relayed"
"""The header by which the web asks for probes."""
PROBE = b":\n\n"
"""An empty comment, sent to the web alone, which then looks whether its client is still there."""

CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 60.0  # more than twice as long as between two keepalives


class UnixConnection(HTTPConnection):
    """HTTP to the process of the streams."""

    def __init__(self, path: Path, *, timeout: float = SILENCE_SECONDS) -> None:
        super().__init__("streams", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(CONNECT_SECONDS)
        self.sock.connect(str(self._path))
        self.sock.settimeout(self.timeout)
