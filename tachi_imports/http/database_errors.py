"""Distinguishes errors of an unavailable database, which are temporary, from errors of a statement."""

from __future__ import annotations

import psycopg
from django.db import InterfaceError, OperationalError

RETRY_AFTER_SECONDS = 5
TEMPORARY_SQLSTATES = ("08", "53", "57P", "58")
"""Prefixes: connection exception, insufficient resources (memory, disk), operator intervention, system error."""


def is_database_away(error: BaseException | None) -> bool:
    """Returns whether PostgreSQL cannot be reached, is starting or stopping, or is out of resources."""
    if isinstance(error, InterfaceError):  # the connection was closed while in use
        return True
    if not isinstance(error, OperationalError):
        return False
    cause = error.__cause__
    code = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    # Errors without a code are libpq's own: connecting failed, or the connection broke.
    return code is None or code.startswith(TEMPORARY_SQLSTATES)
