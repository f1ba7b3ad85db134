"""Looks up stored scores concurrently: PostgreSQL searches the scores of some rows while the next are converted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from imports.pipeline.scoring.convert import Converted, Known


def look_up_ahead(converted: Iterable[Converted], known: Known) -> Iterator[tuple[Converted, Mapping[str, int | None]]]:
    """Does the same as `convert.look_up_in_turn`, but yields rows only after the look-up of the next has begun.

    Converting must not use the database. The caller may: psycopg then waits for the look-up.
    """
    connection.inc_thread_sharing()
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="lookup") as beside:
            waiting = None
            for each in converted:
                following = each, beside.submit(known, each.score_ids)
                if waiting is not None:
                    yield waiting[0], waiting[1].result()
                waiting = following
            if waiting is not None:
                yield waiting[0], waiting[1].result()
    finally:
        connection.dec_thread_sharing()
