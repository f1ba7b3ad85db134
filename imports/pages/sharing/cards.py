"""The pictures of imports and sessions for chat programs, 1200 by 630: as SVG, and as the PNG that they take."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import resvg_py
from django.conf import settings
from django.template.loader import render_to_string
from redis.exceptions import RedisError

from imports.access.rate_limits import connection
from imports.models import Import, Session
from imports.pages.components.import_summary import find_playtype, rating_changes
from imports.pages.components.score_rows import Play, plays_of, session_scope
from imports.pages.components.sessions.lines import MAX_DRAWN
from imports.pages.components.view_models import RatingChange
from imports.pages.core.display_names import game_name
from imports.pages.scores.session_overview import rating_change_of, strip_of
from imports.pages.texts import import_texts, score_texts, sharing_texts

FONTS = [str(path) for path in sorted((Path(__file__).parent / "fonts").glob("*.ttf"))]
KEPT_SECONDS = 600  # that a picture stays in Redis: as long as the programs of one chat ask for it
WAIT_SECONDS = 2.0  # for the picture that is being drawn
MAX_SVG_LENGTH = 20_000  # characters; ours have a tenth of that
SEGMENTS, SEGMENT_WIDTH = 80, 13.4  # of the rail, and units from one to the next
STRIP_WIDTH, MAX_COLUMNS = 1072, 120  # units, and columns of the plays of a session
LAST_LATIN = "\u0250"  # the first letter after the Latin ones
MAX_NAME_LENGTH = 40  # characters of a session's name
LIGHTS = {
    "gray": "#a3afb7",
    "ember": "#e0868a",
    "red": "#ff7263",
    "orange": "#ffa14a",
    "amber": "#ffb224",
    "gold": "#ffdc4f",
    "lime": "#b9d470",
    "green": "#5fd077",
    "aqua": "#6cf0cb",
    "blue": "#63b5ff",
    "slate": "#9fa9f2",
    "violet": "#c39bff",
    "pink": "#ffbccb",
    "rose": "#ff76b2",
    "silver": "#d5e0e7",
}
"""The lights of site.css."""
_drawing = threading.Semaphore()  # one at a time in a process, so that its other threads are free for everybody else


class DrawingLimitReached(Exception):
    """Other pictures are being drawn. It may be asked again in a few seconds."""


def card_svg(job: Import) -> str:
    """The picture of a completed import, of its player's public numbers alone."""
    change = _import_change(job)
    context = {
        "player": job.user.username,
        "game": game_name(job.game, job.playtypes),
        "headline": _import_headline(job),
        "change": change,
        "segments": _segments(change),
        "marks": _class_marks(change),
        "classes": [drawn for note in (change.notes if change else ()) if (drawn := _drawable(note.strong))],
        "instance": _drawable(settings.TACHI_NAME) or "Tachi Imports",
        "day": job.time_finished,
    }
    return render_to_string("share-card.svg", context)


def import_card_text(job: Import) -> str:
    """The words of `card_svg`, for those who do not see it."""
    game, change = game_name(job.game, job.playtypes), _import_change(job)
    return sharing_texts.card_text(_import_headline(job), job.user.username, game, rating=_rating_moved(change))


def _import_headline(job: Import) -> str:
    return import_texts.headline(scores=job.score_count, bests=job.best_count, rows=job.row_count)


def _import_change(job: Import) -> RatingChange | None:
    return next(iter(rating_changes(job)), None)


def _rating_moved(change: RatingChange | None) -> str:
    if change is None or not change.change:
        return ""
    return sharing_texts.rating_moved(change.name, change.before, change.after, change.change)


def session_svg(session: Session) -> str:
    """The picture of a session: its player's public numbers, and the lamps of its plays in their order."""
    plays, change = _session_plays(session), _session_change(session)
    strip = strip_of(plays, most=MAX_COLUMNS)
    context = {
        "player": session.user.username,
        "game": game_name(session.game, [session.playtype]),
        # The fonts have Latin letters alone; the name of a session may have any.
        "name": session.name[:MAX_NAME_LENGTH] if session.name.isascii() else "",
        "headline": _session_headline(session, plays),
        "change": change,
        "segments": _segments(change),
        "marks": _class_marks(change),
        "columns": [(LIGHTS[color], path) for color, path in strip.lit] if strip else (),
        "scale": f"{STRIP_WIDTH / strip.columns:.3f}" if strip else "1",
        "diamonds": [f"{64 + float(mark[:-1]) / 100 * STRIP_WIDTH:.1f}" for mark in strip.marks] if strip else (),
        "instance": _drawable(settings.TACHI_NAME) or "Tachi Imports",
        "day": datetime.fromtimestamp(session.time_ended / 1000, UTC),
    }
    return render_to_string("share-card-session.svg", context)


def session_card_text(session: Session) -> str:
    """The words of `session_svg`, for those who do not see it."""
    headline, rating = _session_headline(session, _session_plays(session)), _rating_moved(_session_change(session))
    game = game_name(session.game, [session.playtype])
    return sharing_texts.card_text(headline, session.user.username, game, rating=rating)


def _session_plays(session: Session) -> list[Play]:
    """The plays that the picture draws; none of a game that is gone, or of too many."""
    is_drawn = find_playtype(session.game, session.playtype) and session.score_count <= MAX_DRAWN
    return plays_of(session_scope(session), session.game, most=MAX_DRAWN) if is_drawn else []


def _session_headline(session: Session, plays: Sequence[Play]) -> str:
    return score_texts.session_headline(session.score_count, sum(play.is_new_best for play in plays))


def _session_change(session: Session) -> RatingChange | None:
    playtype = find_playtype(session.game, session.playtype)
    return rating_change_of(session, playtype) if playtype else None


def _class_marks(change: RatingChange | None) -> list[tuple[int, str, str]]:
    """What stands below the rail: (x, threshold, class)."""
    marks = change.class_rail.marks if change and change.class_rail else ()
    # The floor of the class before stands at the beginning of the rail, that of the one after at its middle.
    return [(x, threshold, _drawable(name)) for x, (threshold, name) in zip((64, 600), marks, strict=False)]


def _drawable(text: str) -> str:
    """What the fonts have of a text: its Latin letters."""
    return "".join(letter for letter in text if letter < LAST_LATIN).strip()


def _segments(change: RatingChange | None) -> Sequence[tuple[str, str]]:
    """The rail of the rating between two classes: (x, colour) of each segment."""
    if change is None or change.class_rail is None:
        return ()
    colours = {"was": "#5fbdfa", "up": "#ffdc4f", "down": "#e0868a"}
    parts = [
        (float(part.start[:-1]), float(part.start[:-1]) + float(part.width[:-1]), colours.get(part.kind, "#3b4953"))
        for part in change.class_rail.rail.segments
    ]
    places = [(number / SEGMENTS * 100, number * SEGMENT_WIDTH + 64) for number in range(SEGMENTS)]
    return [
        (f"{x:.1f}", next((colour for start, end, colour in parts if start <= at < end), "#3b4953")) for at, x in places
    ]


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
