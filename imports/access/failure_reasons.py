"""The public reason of a failure, for everybody who knows the import's ID."""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import now

CANCELLED = "This import was cancelled."
# Clients poll without a token, so everybody who knows the ID gets the message of a failure, with the invalid values;
# but only while a client may still be polling, because the ID remains in lists and logs.
PUBLIC_REASON_SECONDS = 60
FAILED = "This import failed. Its owner can see why."


def public_reason(message: str, *, time_finished: datetime | None) -> str:
    """Returns the message of a failure for a minute after its end, then a general text."""
    is_recent = time_finished is None or (now() - time_finished).total_seconds() < PUBLIC_REASON_SECONDS
    return message if is_recent else FAILED
