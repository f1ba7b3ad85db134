"""The pictures of imports and sessions for chat programs, 1200 by 630: as SVG, and as the PNG that these need."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from unicodedata import east_asian_width

import resvg_py
from django.conf import settings
from django.template.loader import render_to_string
from redis.exceptions import RedisError

from imports.access.rate_limits import connection
from imports.models import Import, Session
from imports.pages.components.charts_and_distributions import highlights
from imports.pages.components.import_summary import find_playtype, picture_text, rating_changes
from imports.pages.components.score_rows import Play, session_scope
from imports.pages.components.view_models import DiffRow, RatingChange
from imports.pages.core.display_names import game_name
from imports.pages.scores.session_overview import rating_change_of, session_plays, strip_of
from imports.pages.texts import formatting, import_texts, score_texts, sharing_texts

FOLDER = Path(__file__).parent / "fonts"
FONTS = [str(path) for path in sorted(FOLDER.glob("*.ttf"))]
KEPT_SECONDS = 600  # in Redis: as long as the programs of one chat request a picture
WAIT_SECONDS = 2.0  # for another picture being drawn
MAX_SVG_LENGTH = 20_000  # characters; ours have half of that
SEGMENTS, SEGMENT_WIDTH = 80, 13.4  # of the rail, and the distance between two in units
STRIP_WIDTH, MAX_COLUMNS = 1072, 120  # units, and columns for the plays of a session
MAX_SCALE = 80.0  # units of one column, so that few plays are not drawn as wide bars
MAX_NAME_LENGTH = 40  # characters of a session's name
MAX_GAINS = 2  # that fit into the picture of an import
HEAD_WIDTH, HEAD_SIZES = 1072, (22, 32)  # units; the smallest and the largest size of letters
TITLE_WIDTH, TITLE_SIZES = 620, (22, 30)
LETTER_WIDTH = 0.58  # of most letters, in parts of their size; kana and kanji are as wide as high
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
"""The lamp colours of site.css."""
_drawing = threading.Semaphore()  # one at a time in a process, so that its other threads serve other requests


class DrawingLimitReached(Exception):
    """Other pictures are being drawn. The request may be repeated in a few seconds."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of the lamp beside a gain."""

    y: str
    height: str
    colour: str


@dataclass(frozen=True, slots=True)
class Gain:
    """A best that raised the rating. `lines` are its title: one line, or two if it is long."""

    y: int
    lines: Sequence[str]
    size: int
    chart: str
    changes: str
    change: str
    lamp: Sequence[Segment]


def card_svg(job: Import) -> str:
    """Returns the picture of a completed import, with only public numbers of its player."""
    change, game, headline = _import_change(job), game_name(job.game, job.playtypes), _import_headline(job)
    gains = [_gain(row, 358 + place * 90) for place, row in enumerate(_shown_gains(job, change))]
    context = {
        "player": job.user.username,
        "game": game,
        "headline": headline,
        "head_size": _size(f"{job.user.username}  ·  {game}  ·  {headline if gains else ''}", HEAD_WIDTH, HEAD_SIZES),
        "change": change,
        "segments": _segments(change),
        "marks": _class_marks(change),
        "gains": gains,
        "classes": [
            drawn for note in (change.notes if change else ()) if (drawn := _drawable(note.strong).rstrip("."))
        ],
        "instance": _drawable(settings.TACHI_NAME) or "Tachi Imports",
        "day": job.time_finished,
    }
    return render_to_string("share-card.svg", context)


def _gain(row: DiffRow, y: int) -> Gain:
    """Returns a row of the picture at this height."""
    title = _drawable(row.song.title) or "?"
    size = _size(title, TITLE_WIDTH, TITLE_SIZES)
    changes = (f"{before} → {after}" if before else after for before, after in row.changes)
    step = 62 / max(1, row.light.of)
    return Gain(
        y=y,
        lines=_lines(title) if _width(title) * size > TITLE_WIDTH else (title,),
        size=size,
        chart=_drawable(str(row.chart)),
        changes="   ".join(changes),
        change=row.change,
        lamp=[
            Segment(
                y=f"{62 - (place + 1) * step + 1.5:.1f}",
                height=f"{step - 3:.1f}",
                colour=LIGHTS[row.light.color] if place < row.light.lit else "#3b4953",
            )
            for place in range(row.light.of)
        ],
    )


def _width(text: str) -> float:
    """Returns the approximate width of a text in multiples of its font size."""
    return sum(1.0 if east_asian_width(letter) in "WF" else LETTER_WIDTH for letter in text)


def _size(text: str, width: int, sizes: tuple[int, int]) -> int:
    """Returns the largest font size at which a text fits, between these two."""
    smallest, largest = sizes
    return max(smallest, min(largest, int(width / max(1.0, _width(text)))))


def _lines(title: str) -> tuple[str, str]:
    """Splits a title into two lines of the smallest size, at the space nearest to its middle, and truncates them."""
    middle = len(title) // 2
    blanks = [place for place, letter in enumerate(title) if letter == " "]
    cut = min(blanks, key=lambda place: abs(place - middle), default=middle)
    return _shortened(title[:cut].strip()), _shortened(title[cut:].strip())


def _shortened(line: str) -> str:
    if _width(line) * TITLE_SIZES[0] <= TITLE_WIDTH:
        return line
    while _width(f"{line}…") * TITLE_SIZES[0] > TITLE_WIDTH:
        line = line[:-1]
    return f"{line}…"


def import_card_text(job: Import) -> str:
    """Returns the text alternative of `card_svg`."""
    game, change = game_name(job.game, job.playtypes), _import_change(job)
    text = picture_text(_import_headline(job), job.user.username, game, change)
    gains = (f"{row.song.title} {row.chart}" for row in _shown_gains(job, change))
    return sharing_texts.with_gains(text, formatting.listed(gains))


def _shown_gains(job: Import, change: RatingChange | None) -> Sequence[DiffRow]:
    return highlights(job)[:MAX_GAINS] if change else ()


def _import_headline(job: Import) -> str:
    return import_texts.headline(scores=job.score_count, bests=job.best_count, rows=job.row_count)


def _import_change(job: Import) -> RatingChange | None:
    return next(iter(rating_changes(job)), None)


def session_svg(session: Session) -> str:
    """Returns the picture of a session: its player's public numbers, and the lamps of its plays in their order."""
    plays, change = _session_plays(session), _session_change(session)
    strip = strip_of(plays, max_columns=MAX_COLUMNS)
    scale = min(STRIP_WIDTH / float(strip.width), MAX_SCALE) if strip else 1.0
    drawn = scale * float(strip.width) if strip else 0.0
    game, name = game_name(session.game, [session.playtype]), _drawable(session.name)[:MAX_NAME_LENGTH]
    context = {
        "player": session.user.username,
        "game": game,
        "name": name,
        "headline": _session_headline(session, plays),
        "head_size": _size(f"{session.user.username}  ·  {game}  ·  {name}", HEAD_WIDTH, HEAD_SIZES),
        "change": change,
        "segments": _segments(change),
        "marks": _class_marks(change),
        "columns": [(LIGHTS[color], path) for color, path in strip.lit] if strip else (),
        "scale": f"{scale:.3f}",
        "diamonds": [f"{64 + float(mark[:-1]) / 100 * drawn:.1f}" for mark in strip.marks] if strip else (),
        "instance": _drawable(settings.TACHI_NAME) or "Tachi Imports",
        "day": datetime.fromtimestamp(session.time_ended / 1000, UTC),
    }
    return render_to_string("share-card-session.svg", context)


def session_card_text(session: Session) -> str:
    """Returns the text alternative of `session_svg`."""
    headline, game = _session_headline(session, _session_plays(session)), game_name(session.game, [session.playtype])
    return picture_text(headline, session.user.username, game, _session_change(session))


def _session_plays(session: Session) -> Sequence[Play]:
    """Returns the plays of the picture; none if the game was removed, or if there are too many."""
    playtype = find_playtype(session.game, session.playtype)
    return session_plays(session, session_scope(session), playtype).plays if playtype else []


def _session_headline(session: Session, plays: Sequence[Play]) -> str:
    return score_texts.session_headline(session.score_count, sum(play.is_new_best for play in plays))


def _session_change(session: Session) -> RatingChange | None:
    playtype = find_playtype(session.game, session.playtype)
    return rating_change_of(session, playtype) if playtype else None


def _class_marks(change: RatingChange | None) -> list[tuple[int, str, str]]:
    """Returns the labels below the rail: (x, threshold, class)."""
    marks = change.class_rail.marks if change and change.class_rail else ()
    # The threshold of the class before is at the start of the rail, that of the class after in its middle.
    return [(x, threshold, _drawable(name)) for x, (threshold, name) in zip((64, 600), marks, strict=False)]


@functools.cache
def _letters() -> frozenset[int]:
    """Returns the code points that the fonts have."""
    runs = (line.partition("-") for line in (FOLDER / "letters.txt").read_text().split())
    return frozenset(letter for first, _, last in runs for letter in range(int(first, 16), int(last or first, 16) + 1))


def _drawable(text: str) -> str:
    """Removes the letters that the fonts lack: they would be drawn as boxes."""
    return " ".join("".join(letter for letter in text if ord(letter) in _letters()).split())


def _segments(change: RatingChange | None) -> Sequence[tuple[str, str]]:
    """Returns the rail of the rating between two classes: (x, colour) of each segment."""
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
    """Returns the picture as PNG; drawn once in ten minutes and stored in Redis. Raises DrawingLimitReached."""
    key = f"tachi:card:{card_digest(svg)}"
    redis = connection(settings.REDIS_URL)
    try:
        kept = redis.get(key)
    except RedisError:  # then it is drawn again
        kept = None
    if isinstance(kept, bytes):
        return kept
    if len(svg) > MAX_SVG_LENGTH or not _drawing.acquire(timeout=WAIT_SECONDS):
        raise DrawingLimitReached
    try:
        # Only our fonts, which have every letter of the picture (`_drawable`).
        drawn = bytes(resvg_py.svg_to_bytes(svg_string=svg, font_files=FONTS, skip_system_fonts=True))
    finally:
        _drawing.release()
    with contextlib.suppress(RedisError):
        redis.set(key, drawn, ex=KEPT_SECONDS)
    return drawn


def card_digest(svg: str) -> str:
    """Returns a digest that identifies the picture."""
    return sha256(svg.encode()).hexdigest()[:32]
