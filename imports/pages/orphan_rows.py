"""Scores kept aside, in words: what was played, why it is not in, and which import brought it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imports.games import BY_SLUG
from imports.models import OrphanScore
from imports.pages import numbers, undo_words, words
from imports.pages.context import import_url
from imports.pages.naming import game_name, milliseconds, name_of

LONGEST = 60  # characters of an identifier or of one value
TITLE = "songTitle"


@dataclass(frozen=True, slots=True)
class OrphanRow:
    """A line of `orphan-list.html`. `played` is in ms, None where the row does not say."""

    orphan_id: str
    name: str
    is_title: bool
    chart: str
    game: str
    said: str
    reason: str
    played: int | None
    kept_since: int
    import_name: str
    import_url: str


def orphan_rows(found: Sequence[OrphanScore]) -> list[OrphanRow]:
    """For their owner and for moderators. Each comes with its import and that one's input."""
    return [_row(orphan) for orphan in found]


def _row(orphan: OrphanScore) -> OrphanRow:
    data: Mapping[str, Any] = orphan.data if isinstance(orphan.data, dict) else {}
    context: Mapping[str, Any] = orphan.context if isinstance(orphan.context, dict) else {}
    playtype, match_type = str(context.get("playtype", "")), str(data.get("matchType", ""))
    identifier = _short(data.get("identifier", words.UNKNOWN))
    played = data.get("timeAchieved")
    return OrphanRow(
        orphan_id=orphan.orphan_id,
        name=identifier if match_type == TITLE else undo_words.looked_for(match_type, identifier).capitalize(),
        is_title=match_type == TITLE,
        chart=_short(data.get("difficulty") or ""),
        game=game_name(orphan.game, [playtype] if playtype in _playtypes(orphan.game) else []),
        said=", ".join(_metrics(orphan.game, playtype, data)),
        reason=orphan.error_message,
        played=int(played) if isinstance(played, int | float) and 0 < played < 8.64e15 else None,
        kept_since=milliseconds(orphan.time_inserted),
        import_name=name_of(orphan.from_import, private=True),
        import_url=import_url(orphan.from_import),
    )


def _playtypes(game: str) -> Mapping[str, Any]:
    return BY_SLUG[game].by_name if game in BY_SLUG else {}


def _metrics(game: str, playtype: str, data: Mapping[str, Any]) -> Iterator[str]:
    """What the row says of the play, in the order in which the game declares it: `score 9,876,543`, `lamp CLEAR`."""
    if playtype not in _playtypes(game):
        return
    for name in _playtypes(game)[playtype].provided:
        value = data.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{name} {numbers.grouped(value)}"
        elif isinstance(value, str):
            yield f"{name} {_short(value)}"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
