"""What the web server serves."""

from __future__ import annotations

import multiprocessing
import os
import signal

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tachi_imports.settings")

if multiprocessing.parent_process() is not None:
    # A process of granian's begins with its parent's handler, which does nothing here, and gets its own after this
    # import. In between there is nothing to finish: without this line a stop would wait until it is killed.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

behind = get_wsgi_application()

from imports.api.bodies import GATHERED  # noqa: E402 - once Django stands
from tachi_imports.reception import Reception  # noqa: E402

application = Reception(behind, most=GATHERED)
