"""Scores kept aside, in words: what was played, why it is not in, and which import brought it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from imports.catalogue.chart_names import difficulty_name
from imports.formats.base import ChartReference
from imports.games import BY_SLUG
from imports.games.spec import Chart, Playtype
from imports.integers import MAX_TIMESTAMP_MS, milliseconds
from imports.models import ImportProblem, OrphanScore
from imports.pages.core.display_names import game_name, import_name
from imports.pages.core.urls import import_url
from imports.pages.imports.title_matches import TITLE, LikelyMatch, likely_matches
from imports.pages.texts import formatting, import_texts, numbers, revert_texts
from imports.pages.texts.score_texts import metric_name
from imports.pipeline.suggestions import Kept, Match, chart_reference_of, sure_matches

MAX_LENGTH = 60  # characters of an identifier or of one value
MAX_GROUPS = 30  # titles that are shown; the others have their turn once these are matched
MAX_SOURCES = 2  # imports that are named beside a title


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
    """Scores that name one unknown title. `charts`: key of an orphan -> the chart that it means, for sure or likely.

    `song` is the one that they mean, empty for none; `why` it is suggested; `chart_names` of these charts.
    """

    game: str
    title: str
    count: int
    about: str
    is_sure: bool
    charts: Mapping[int, Chart]
    song: str
    chart_names: str
    why: str
    pick_url: str

    @property
    def key(self) -> str:
        return f"{self.game} {self.title}"


@dataclass(frozen=True, slots=True)
class OrphanSection:
    """The titles that have a sure match, a likely one, or none."""

    name: str
    heading: str
    groups: Sequence[OrphanGroup]


def orphan_sections(groups: Sequence[OrphanGroup]) -> list[OrphanSection]:
    """Those with groups in them, the surest first."""
    parts: tuple[tuple[str, str, list[OrphanGroup]], ...] = (
        ("sure", import_texts.SURE, [group for group in groups if group.is_sure]),
        ("likely", import_texts.LIKELY, [group for group in groups if group.song and not group.is_sure]),
        ("none", import_texts.NO_MATCHES, [group for group in groups if not group.song]),
    )
    return [OrphanSection(*part) for part in parts if part[2]]


def orphan_groups(found: Sequence[OrphanScore]) -> list[OrphanGroup]:
    """The titles that these orphans name, those with a match first, then those of most scores.

    Four queries a game, and one for each title without a sure match.
    """
    kept = {orphan.pk: Kept(orphan.data, orphan.context, orphan.import_type) for orphan in found}
    matches = sure_matches(kept)
    groups: dict[tuple[str, str], list[tuple[OrphanScore, ChartReference]]] = defaultdict(list)
    for orphan in found:
        asked = chart_reference_of(kept[orphan.pk])
        if asked is not None and asked.match_type == TITLE:
            groups[orphan.game, asked.identifier].append((orphan, asked))
    ordered = sorted(groups.items(), key=lambda each: (each[1][0][0].pk not in matches, -len(each[1])))[:MAX_GROUPS]
    unsure = [orphan for _, rows in ordered if rows[0][0].pk not in matches for orphan, _ in rows]
    likely = likely_matches({orphan.pk: kept[orphan.pk] for orphan in unsure})
    problems = dict(
        ImportProblem.objects.filter(orphan__in=[rows[0][0].pk for _, rows in ordered])
        .order_by("-pk")
        .values_list("orphan_id", "row")
    )
    return [
        _orphan_group(game, title, rows, matches=matches, likely=likely, problems=problems)
        for (game, title), rows in ordered
    ]


def _orphan_group(
    game: str,
    title: str,
    rows: Sequence[tuple[OrphanScore, ChartReference]],
    *,
    matches: Mapping[int, Match],
    likely: Mapping[int, LikelyMatch],
    problems: Mapping[int, int],
) -> OrphanGroup:
    first = rows[0][0]
    sure = {orphan.pk: matches[orphan.pk] for orphan, _ in rows if orphan.pk in matches}
    guess = None if sure else likely.get(first.pk)
    charts = {key: match.chart for key, match in sure.items()}
    song = why = ""
    if sure:
        match = next(iter(sure.values()))
        song, why = match.chart.song.title, import_texts.likeness_text(match.title, match.differs_in)
    elif guess:
        meant = {orphan.pk: likely[orphan.pk].chart for orphan, _ in rows if orphan.pk in likely}
        charts = {key: chart for key, chart in meant.items() if chart is not None}
        song, why = guess.title, import_texts.likely_match(guess.percent, is_one_letter=guess.is_one_letter)
    difficulties = dict.fromkeys(asked.difficulty for _, asked in rows if asked.difficulty)
    if guess and not charts and difficulties:
        why = f"{why}. {import_texts.no_such_chart(list(difficulties))}"
    sources = dict.fromkeys(import_name(orphan.from_import, private=True) for orphan, _ in rows)
    parts = [formatting.listed(difficulties), formatting.listed(list(sources)[:MAX_SOURCES])]
    return OrphanGroup(
        game=game,
        title=title,
        count=len(rows),
        about=" · ".join(part for part in (game_name(game, []), *parts) if part),
        is_sure=bool(sure),
        charts=charts,
        song=song,
        chart_names=formatting.listed(
            dict.fromkeys(str(difficulty_name(BY_SLUG[game], chart)) for chart in charts.values())
        ),
        why=why,
        pick_url=reverse("import-mend", args=[first.from_import.import_id, problems[first.pk]])
        if first.pk in problems
        else "",
    )


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
