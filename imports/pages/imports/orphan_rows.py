"""Scores kept aside, in words: what was played, why it is not in, and which import brought it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.urls import reverse

from imports.catalogue.chart_names import difficulty_name
from imports.catalogue.fuzzy import pattern
from imports.catalogue.search import find_songs
from imports.formats.base import ChartReference
from imports.games import BY_SLUG
from imports.games.spec import Playtype
from imports.integers import MAX_TIMESTAMP_MS, milliseconds
from imports.models import ImportProblem, OrphanScore
from imports.pages.core.display_names import game_name, import_name
from imports.pages.core.urls import import_url
from imports.pages.texts import formatting, import_texts, numbers, revert_texts
from imports.pages.texts.score_texts import metric_name
from imports.pipeline.suggestions import Kept, Match, chart_reference_of, sure_matches

MAX_LENGTH = 60  # characters of an identifier or of one value
TITLE = "songTitle"
MAX_GROUPS = 30  # titles that are shown; the others have their turn once these are matched
MAX_SOURCES = 2  # imports that are named beside a title
LEAST_LIKENESS = 0.8  # of 1, from which another title is suggested


@dataclass(frozen=True, slots=True)
class OrphanRow:
    """A line of `orphan-list.html`. `played` is in ms, None where the row does not say."""

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


@dataclass(frozen=True, slots=True)
class OrphanGroup:
    """Scores that name one unknown title. `matches`: key of an orphan -> the chart that it can only have meant.

    `song` is the one that they mean, or, if nothing is sure, the likeliest; `charts` are named, not counted.
    """

    game: str
    title: str
    count: int
    about: str
    matches: Mapping[int, Match]
    song: str
    charts: str
    likeness: str
    pick_url: str

    @property
    def key(self) -> str:
        return f"{self.game} {self.title}"


def orphan_groups(found: Sequence[OrphanScore]) -> list[OrphanGroup]:
    """The titles that these orphans name, those with a match first, then those of most scores. Four queries a game."""
    kept = {orphan.pk: Kept(orphan.data, orphan.context, orphan.import_type) for orphan in found}
    matches = sure_matches(kept)
    groups: dict[tuple[str, str], list[tuple[OrphanScore, ChartReference]]] = defaultdict(list)
    for orphan in found:
        asked = chart_reference_of(kept[orphan.pk])
        if asked is not None and asked.match_type == TITLE:
            groups[orphan.game, asked.identifier].append((orphan, asked))
    ordered = sorted(groups.items(), key=lambda each: (each[1][0][0].pk not in matches, -len(each[1])))[:MAX_GROUPS]
    problems = dict(
        ImportProblem.objects.filter(orphan__in=[rows[0][0].pk for _, rows in ordered])
        .order_by("-pk")
        .values_list("orphan_id", "row")
    )
    listed = []
    for (game, title), rows in ordered:
        sure = {orphan.pk: matches[orphan.pk] for orphan, _ in rows if orphan.pk in matches}
        first = rows[0][0]
        likely = "" if sure else _likely_song(title, game)
        match = next(iter(sure.values()), None)
        names = dict.fromkeys(str(difficulty_name(BY_SLUG[game], each.chart)) for each in sure.values())
        difficulties = dict.fromkeys(asked.difficulty for _, asked in rows if asked.difficulty)
        sources = dict.fromkeys(import_name(orphan.from_import, private=True) for orphan, _ in rows)
        told = [formatting.listed(difficulties), formatting.listed(list(sources)[:MAX_SOURCES])]
        listed.append(
            OrphanGroup(
                game=game,
                title=title,
                count=len(rows),
                about=" · ".join(part for part in (game_name(game, []), *told) if part),
                matches=sure,
                song=match.chart.song.title if match else likely,
                charts=formatting.listed(names),
                likeness=import_texts.likeness_text(match.title, match.differs_in) if match else "",
                pick_url=reverse("import-mend", args=[first.from_import.import_id, problems[first.pk]])
                if first.pk in problems
                else "",
            )
        )
    return listed


def _likely_song(title: str, game: str) -> str:
    """The title of the song that is most like this one, if it is much like it. Two queries."""
    found = find_songs(title, game=game, most=1)
    if not found:
        return ""
    likeness = SequenceMatcher(None, pattern(title), pattern(found[0].song.title)).ratio()
    return found[0].song.title if likeness >= LEAST_LIKENESS else ""


def orphan_rows(found: Sequence[OrphanScore]) -> list[OrphanRow]:
    """For their owner and for moderators. Each comes with its import and that one's input."""
    kept = {orphan.pk: Kept(orphan.data, orphan.context, orphan.import_type) for orphan in found}
    matches = sure_matches(kept)
    rows = []
    for orphan in found:
        # What a file said is kept as it came: nothing about its shape may be taken for granted.
        data: Mapping[str, Any] = orphan.data if isinstance(orphan.data, dict) else {}
        asked = chart_reference_of(kept[orphan.pk])
        game = BY_SLUG.get(orphan.game)
        playtype = game.by_name.get(asked.playtype or "") if game and asked else None
        match_type, identifier = asked.match_type if asked else "", asked.identifier if asked else formatting.UNKNOWN
        identifier, is_title = _truncate(identifier), match_type == TITLE
        match, reason = matches.get(orphan.pk), orphan.error_message
        if match is not None:
            reason = f"{reason.removesuffix('.')}. {import_texts.likeness_text(match.title, match.differs_in)}."
        played = data.get("timeAchieved")
        rows.append(
            OrphanRow(
                orphan_id=orphan.orphan_id,
                name=identifier if is_title else revert_texts.identifier_text(match_type, identifier),
                is_title=is_title,
                chart=_truncate((asked.difficulty if asked else None) or ""),
                game=game_name(orphan.game, [playtype.name] if playtype else []),
                metrics=formatting.listed(_metric_texts(data, playtype)) if playtype else "",
                reason=reason,
                # 0 is how clients say that they do not know; of a time that no date can show, nothing is said.
                played=int(played) if isinstance(played, int | float) and 0 < played <= MAX_TIMESTAMP_MS else None,
                kept_since=milliseconds(orphan.time_inserted),
                import_name=import_name(orphan.from_import, private=True),
                import_url=import_url(orphan.from_import),
            )
        )
    return rows


def _metric_texts(data: Mapping[str, Any], playtype: Playtype) -> Iterator[str]:
    """What the row says of the play, in the order in which the game declares it: `Score 9,876,543`, `Lamp CLEAR`."""
    for name in playtype.provided:
        value = data.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{metric_name(name)} {numbers.format_number(value)}"
        elif isinstance(value, str):
            yield f"{metric_name(name)} {_truncate(value)}"


def _truncate(value: Any) -> str:
    text = str(value)
    return text if len(text) <= MAX_LENGTH else f"{text[: MAX_LENGTH - 1]}…"
