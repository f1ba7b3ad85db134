"""The capacity of one web process. Does not import Django, as the supervisor reads it as well.

A request is received, waits for a worker slot, is processed, and its response is sent. In each phase it occupies a
thread, which is cheap. Each phase has a limit, so that slow clients cannot use up the threads of other phases.
"""

from __future__ import annotations

WORKER_SLOTS = 3
"""Requests processed concurrently, each with a database connection. Python runs one at a time: more gain nothing."""
QUICK_WORKER_SLOTS = 1
"""The slots among these that are reserved for requests known to be quick."""
MAX_DOCUMENTS = 4
"""Long documents that are composed while they are sent, one at a time, without a worker slot. Each has a database
connection, which is only opened if that many are composed at once."""
POLL_CONNECTIONS = 2
"""Database connections for polls, which are handled before Django (tachi_imports/http/poll_application.py)."""
MAX_POLLS = 64
"""Polls that have such a connection or wait for one; further polls are handled by Django."""
MAX_RECEIVING = 64  # bodies being received
MAX_WAITING = 24  # requests that wait for a worker slot
MAX_WAITING_FOR_IMPORTS = 64
"""Requests that wait for the end of an import, without a worker slot; further ones get a response immediately."""
MAX_RELAYED_STREAMS = 512
"""Streams of progress that are relayed (tachi_imports/http/stream_relay.py), each in a sleeping thread."""
MAX_SENDING = 32  # responses of more than `SMALL_RESPONSE_BYTES` being sent
MAX_SENDING_PER_CLIENT = 8  # of these
SPARE_THREADS = 5  # threads for quick requests, and to refuse requests over the capacity

THREADS = (
    MAX_RECEIVING
    + MAX_WAITING
    + WORKER_SLOTS
    + MAX_DOCUMENTS
    + MAX_WAITING_FOR_IMPORTS
    + MAX_RELAYED_STREAMS
    + MAX_POLLS
    + MAX_SENDING
    + SPARE_THREADS
)

SMALL_RESPONSE_BYTES = 1 << 16  # the web server buffers these, whether or not the client reads them
STALLED_AFTER_SECONDS = 30  # after this time without reading, a client's connection is closed
SEND_GRACE_SECONDS = 30  # in addition to the time at MIN_READ_BYTES_PER_SECOND
MIN_READ_BYTES_PER_SECOND = 16 * 1024  # on average
SLOT_TIMEOUT_SECONDS = 10.0  # maximum wait for a worker slot
RETRY_AFTER_SECONDS = 5
