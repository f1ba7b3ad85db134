"""The picture of an import for chat programs, 1200 by 630: as SVG, and as the PNG that they take."""

from __future__ import annotations

import contextlib
import threading
from hashlib import sha256
from pathlib import Path

import resvg_py
from django.conf import settings
from django.template.loader import render_to_string
from redis.exceptions import RedisError

from imports.access.rate_limits import connection
from imports.models import Import
from imports.pages.components.import_summary import rating_changes
from imports.pages.core.display_names import game_name
from imports.pages.texts import import_texts

FONTS = [str(path) for path in sorted((Path(__file__).parent / "fonts").glob("*.ttf"))]
KEPT_SECONDS = 600  # that a picture stays in Redis: as long as the programs of one chat ask for it
WAIT_SECONDS = 2.0  # for the picture that is being drawn
MAX_SVG_LENGTH = 20_000  # characters; ours have a tenth of that
SEGMENTS, SEGMENT_WIDTH = 80, 13.4  # of the rail, and units from one to the next
_drawing = threading.Semaphore()  # one at a time in a process, so that its other threads are free for everybody else


class DrawingLimitReached(Exception):
    """Other pictures are being drawn. It may be asked again in a few seconds."""


def card_svg(job: Import) -> str:
    """The picture of a completed import, of its player's public numbers alone."""
    change = next(iter(rating_changes(job)), None)
    segments = []  # of the rail between two classes: (x, colour)
    if change is not None and change.class_rail is not None:
        colours = {"was": "#5fbdfa", "up": "#ffdc4f", "down": "#e0868a"}
        parts = [
            (float(part.start[:-1]), float(part.start[:-1]) + float(part.width[:-1]), colours.get(part.kind, "#3b4953"))
            for part in change.class_rail.rail.segments
        ]
        for number in range(SEGMENTS):
            at = number / SEGMENTS * 100
            colour = next((colour for start, end, colour in parts if start <= at < end), "#3b4953")
            segments.append((f"{number * SEGMENT_WIDTH + 64:.1f}", colour))
    context = {
        "player": job.user.username,
        "game": game_name(job.game, job.playtypes),
        "headline": import_texts.headline(scores=job.score_count, bests=job.best_count, rows=job.row_count),
        "change": change,
        "segments": segments,
        "day": job.time_finished,
    }
    return render_to_string("share-card.svg", context)


def card_png(svg: str) -> bytes:
    """The picture as PNG; drawn once in ten minutes, by the process that is asked first. Raises DrawingLimitReached."""
    key = f"tachi:card:{card_digest(svg)}"
    redis = connection(settings.REDIS_URL)
    try:
        kept = redis.get(key)
    except RedisError:  # then it is drawn anew
        kept = None
    if isinstance(kept, bytes):
        return kept
    if len(svg) > MAX_SVG_LENGTH or not _drawing.acquire(timeout=WAIT_SECONDS):
        raise DrawingLimitReached
    try:
        # Our fonts alone, which have every letter that stands in it: no song's title does.
        drawn = bytes(resvg_py.svg_to_bytes(svg_string=svg, font_files=FONTS, skip_system_fonts=True))
    finally:
        _drawing.release()
    with contextlib.suppress(RedisError):
        redis.set(key, drawn, ex=KEPT_SECONDS)
    return drawn


def card_digest(svg: str) -> str:
    """What tells one picture from another."""
    return sha256(svg.encode()).hexdigest()[:32]
