"""Unmatched scores in words: what was played, why it is not imported, and the import that it came with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imports.errors import ProblemType
from imports.games import BY_SLUG
from imports.games.spec import Playtype
from imports.integers import MAX_TIMESTAMP_MS, milliseconds
from imports.models import OrphanScore
from imports.pages.core.display_names import game_name, import_name
from imports.pages.core.urls import import_url
from imports.pages.imports.problems.row_explanations import explain_row, name_of_row, row_facts
from imports.pages.texts import formatting, numbers, problem_texts, revert_texts
from imports.pages.texts.score_texts import metric_name
from imports.pipeline.suggestions import Kept, chart_reference_of, sure_matches

MAX_LENGTH = 60  # characters of an identifier or of one value


@dataclass(frozen=True, slots=True)
class OrphanRow:
    """A line of `orphan-list.html`. `played` is in ms, None if the row has no time."""

    orphan_id: str
    name: str
    is_title: bool
    chart: str
    game: str
    metrics: str
    reason: str
    played: int | None
    kept_since: int
    import_name: str
    import_url: str


def orphan_rows(found: Sequence[OrphanScore]) -> list[OrphanRow]:
    """Returns the rows, for their owner and for moderators. Orphans must have their import and its input selected."""
    kept = {orphan.pk: Kept(orphan.data, orphan.context, orphan.import_type) for orphan in found}
    matches, facts = sure_matches(kept), row_facts(kept)
    rows = []
    for orphan in found:
        # Rows are stored as they were in the file: they may have any shape.
        data: Mapping[str, Any] = orphan.data if isinstance(orphan.data, dict) else {}
        asked = chart_reference_of(kept[orphan.pk])
        game = BY_SLUG.get(orphan.game)
        playtype = game.by_name.get(asked.playtype or "") if game and asked else None
        named = facts.get(orphan.pk)
        name, is_title = name_of_row(named) if named else (revert_texts.identifier_text("", formatting.UNKNOWN), False)
        match = matches.get(orphan.pk)
        reason = explain_row(ProblemType.NOT_FOUND, orphan.error_message, named).text
        if match is not None:
            likeness = formatting.sentence(problem_texts.likeness_text(match.title, match.differs_in))
            reason = f"{formatting.sentence(reason.rstrip('.。'))} {likeness}"
        played = data.get("timeAchieved")
        rows.append(
            OrphanRow(
                orphan_id=orphan.orphan_id,
                name=_truncate(name),
                is_title=is_title,
                chart=_truncate((asked.difficulty if asked else None) or ""),
                game=game_name(orphan.game, [playtype.name] if playtype else []),
                metrics=formatting.listed(_metric_texts(data, playtype)) if playtype else "",
                reason=reason,
                # Clients send 0 for an unknown time; times outside the range of dates are not shown.
                played=int(played) if isinstance(played, int | float) and 0 < played <= MAX_TIMESTAMP_MS else None,
                kept_since=milliseconds(orphan.time_inserted),
                import_name=import_name(orphan.from_import, private=True),
                import_url=import_url(orphan.from_import),
            )
        )
    return rows


def _metric_texts(data: Mapping[str, Any], playtype: Playtype) -> Iterator[str]:
    """Yields the row's metrics in the order of the game's declaration: `Score 9,876,543`, `Lamp CLEAR`."""
    for name in playtype.provided:
        value = data.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{metric_name(name)} {numbers.format_number(value)}"
        elif isinstance(value, str):
            yield f"{metric_name(name)} {_truncate(value)}"


def _truncate(value: Any) -> str:
    text = str(value)
    return text if len(text) <= MAX_LENGTH else f"{text[: MAX_LENGTH - 1]}…"
