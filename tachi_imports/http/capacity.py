"""The capacity of one web process. Without Django, as the supervisor reads it as well.

A request is received, waits for a worker slot, is processed, and its response is sent; in each phase it occupies a
thread, which costs little. Each phase has a limit, so that slow clients cannot use up the threads of other phases.
"""

from __future__ import annotations

WORKER_SLOTS = 3
"""Requests processed at once, each with a database connection. Python runs one at a time: more gain nothing."""
QUICK_WORKER_SLOTS = 1
"""Of these, the slots reserved for requests that are known to be quick."""
POLL_CONNECTIONS = 2
"""Database connections for polls, which are answered in front of Django (tachi_imports/http/poll_application.py)."""
MAX_POLLS = 64
"""Polls that have such a connection or wait for one; further ones go to Django."""
MAX_RECEIVING = 64  # bodies being received
MAX_WAITING = 24  # requests that wait for a worker slot
MAX_WAITING_FOR_IMPORTS = 64
"""Requests that wait for the end of an import, without a worker slot; further ones get a response at once."""
MAX_RELAYED_STREAMS = 512
"""Streams of progress that are relayed (tachi_imports/http/stream_relay.py), each in a sleeping thread."""
MAX_SENDING = 32  # responses of more than `SMALL_RESPONSE_BYTES` being sent
MAX_SENDING_PER_CLIENT = 8  # of these
SPARE_THREADS = 5  # threads for quick requests, and to refuse requests over the capacity

THREADS = (
    MAX_RECEIVING
    + MAX_WAITING
    + WORKER_SLOTS
    + MAX_WAITING_FOR_IMPORTS
    + MAX_RELAYED_STREAMS
    + MAX_POLLS
    + MAX_SENDING
    + SPARE_THREADS
)

SMALL_RESPONSE_BYTES = 1 << 16  # the web server buffers these, whether or not the client reads them
STALLED_AFTER_SECONDS = 30  # the connection of a client that reads nothing for so long is closed
SEND_GRACE_SECONDS = 30  # in addition to the time that the slowest reader may take
MIN_READ_BYTES_PER_SECOND = 16 * 1024  # on average
SLOT_TIMEOUT_SECONDS = 10.0  # how long a request waits for a worker slot
RETRY_AFTER_SECONDS = 5
