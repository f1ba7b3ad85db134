"""The WSGI application."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import reverse
from django.utils import translation

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tachi_imports.settings")

if multiprocessing.parent_process() is not None:
    # granian's processes start with their parent's handler, which has no effect here, and get their own after this
    # import. Until then there is nothing to finish: without this line a stop would wait until the process is killed.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

behind = get_wsgi_application()

from imports.access import rate_limits  # noqa: E402 - after Django's setup
from imports.api.core.middleware import known_addresses  # noqa: E402
from imports.api.core.parsers import MAX_CHUNKED_BODY_BYTES  # noqa: E402
from tachi_imports.embedded.paths import DataPaths  # noqa: E402
from tachi_imports.http.poll_application import PollApplication  # noqa: E402
from tachi_imports.http.request_buffering import Environ, RequestBuffer  # noqa: E402
from tachi_imports.http.stream_relay import StreamRelay  # noqa: E402
from tachi_imports.http.unavailable import refuse_busy  # noqa: E402

QUICK = frozenset({"/api/v1/status", "/healthz", "/readyz"})
"""Paths that show whether the site is up. They respond even while everything else is busy."""


def is_quick(environ: Environ) -> bool:
    path: str = environ.get("PATH_INFO", "")
    return path in QUICK or path.startswith("/static/")


buffered = RequestBuffer(
    behind,
    max_bytes=MAX_CHUNKED_BODY_BYTES,
    refuse=refuse_busy,
    is_quick=is_quick,
    client_of=rate_limits.client_address,
)
relayed = StreamRelay(
    buffered,
    socket=DataPaths(settings.DATA_DIR).stream_socket,
    refuse=refuse_busy,
    client_of=rate_limits.client_address,
)
# Traces start in the middleware, so polls are traced only if they are handled by Django.
application = relayed if settings.TACHI_TRACING else PollApplication(relayed)

# Loads all views and prepares both directions of URL resolution (0.1 s for each language), so that no first request
# waits for them. All existing objects are frozen: otherwise the cyclic collector would scan them again and again while
# a large document is composed.
known_addresses()
for code, _ in settings.LANGUAGES:
    with translation.override(code):
        reverse("import-list")
gc.freeze()
