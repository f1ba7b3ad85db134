"""What the web server serves."""

from __future__ import annotations

import multiprocessing
import os
import signal

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tachi_imports.settings")

if multiprocessing.parent_process() is not None:
    # A process of granian's begins with its parent's handler, which does nothing here, and gets its own after this
    # import. In between there is nothing to finish: without this line a stop would wait until it is killed.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

behind = get_wsgi_application()

from imports.access import rate_limits  # noqa: E402 - once Django stands
from imports.api.core.parsers import MAX_CHUNKED_BODY_BYTES  # noqa: E402
from tachi_imports.embedded.paths import DataPaths  # noqa: E402
from tachi_imports.http.poll_application import PollApplication  # noqa: E402
from tachi_imports.http.request_buffering import Environ, RequestBuffer  # noqa: E402
from tachi_imports.http.stream_relay import StreamRelay  # noqa: E402
from tachi_imports.http.unavailable import refuse_busy  # noqa: E402

QUICK = frozenset({"/api/v1/status", "/healthz", "/readyz"})
"""What tells whether the site is there. It answers also while everything else is busy."""


def is_quick(environ: Environ) -> bool:
    path: str = environ.get("PATH_INFO", "")
    return path in QUICK or path.startswith("/static/")


buffered = RequestBuffer(
    behind, most=MAX_CHUNKED_BODY_BYTES, refuse=refuse_busy, is_quick=is_quick, client_of=rate_limits.client_address
)
relayed = StreamRelay(
    buffered,
    socket=DataPaths(settings.DATA_DIR).stream_socket,
    refuse=refuse_busy,
    client_of=rate_limits.client_address,
)
# Traces begin in the middleware, so polls are traced only if they pass it.
application = relayed if settings.TACHI_TRACING else PollApplication(relayed)
