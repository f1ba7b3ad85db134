"""Unmatched scores grouped by title, with the songs that the titles may mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from imports.catalogue.chart_names import difficulty_name
from imports.formats.base import ChartReference
from imports.games import BY_SLUG
from imports.games.spec import Chart
from imports.models import ImportProblem, OrphanScore
from imports.pages.components.view_models import Link
from imports.pages.core.display_names import game_name, import_name
from imports.pages.core.pagination import list_url
from imports.pages.imports.problems.title_matches import TITLE, LikelyMatch, likely_matches
from imports.pages.texts import formatting, import_texts, problem_texts
from imports.pipeline.suggestions import Kept, Match, chart_reference_of, named_songs, sure_matches

MAX_TITLES = 100  # titles on the page; the others follow once these are matched
SHOWN_TITLES = 5  # of each kind, unless one kind is chosen
MAX_SOURCES = 2  # imports named with a title

KINDS = {"sure": problem_texts.SURE, "likely": problem_texts.LIKELY, "none": problem_texts.NO_MATCHES}
"""How sure the match of a title is -> label; the surest first."""

Title = tuple[str, str]
"""A game, and a title as its rows have it."""


@dataclass(frozen=True, slots=True)
class OrphanGroup:
    """Scores with one unknown title. `charts`: key of an orphan -> its chart by a sure or likely match.

    `song` is the matched song, empty for none; `why` it is suggested, or why none is; `chart_names` are those
    of `charts`.
    """

    game: str
    title: str
    count: int
    about: str
    kind: str
    charts: Mapping[int, Chart]
    song: str
    chart_names: str
    percent: int
    why: str
    pick_url: str
    delete_url: str

    @property
    def key(self) -> str:
        return title_key((self.game, self.title))


@dataclass(frozen=True, slots=True)
class OrphanSection:
    """The titles of a kind; `all_url` leads to all of them if these are only the first few."""

    name: str
    heading: str
    count: int
    groups: Sequence[OrphanGroup]
    all_url: str


def title_key(title: Title) -> str:
    return " ".join(title)


def by_title(found: Sequence[OrphanScore]) -> dict[Title, list[tuple[OrphanScore, ChartReference]]]:
    """Groups the scores by their title, with their chart references. Two queries a game if some have no title.

    A score that identifies its song by a number or a hash has the title of the song that the catalogue has for it; it
    is left out if there is none.
    """
    groups: dict[Title, list[tuple[OrphanScore, ChartReference]]] = defaultdict(list)
    asked = {orphan.pk: (orphan, reference) for orphan in found if (reference := chart_reference_of(_kept(orphan)))}
    songs = named_songs(
        {key: _kept(orphan) for key, (orphan, reference) in asked.items() if reference.match_type != TITLE}
    )
    for key, (orphan, reference) in asked.items():
        if reference.match_type == TITLE:
            groups[orphan.game, reference.identifier].append((orphan, reference))
        elif key in songs:
            groups[orphan.game, songs[key].song.title].append((orphan, reference))
    return groups


def orphan_groups(found: Sequence[OrphanScore]) -> list[OrphanGroup]:
    """Returns the titles of these orphans: those with a match first, then by number of scores. Eight queries a game."""
    kept = {orphan.pk: _kept(orphan) for orphan in found}
    matches = sure_matches(kept)
    groups = by_title(found)
    ordered = sorted(groups.items(), key=lambda each: (each[1][0][0].pk not in matches, -len(each[1])))[:MAX_TITLES]
    unsure = [orphan for _, rows in ordered if rows[0][0].pk not in matches for orphan, _ in rows]
    likely = likely_matches({orphan.pk: kept[orphan.pk] for orphan in unsure})
    problems = dict(
        ImportProblem.objects.filter(orphan__in=[rows[0][0].pk for _, rows in ordered])
        .order_by("-pk")
        .values_list("orphan_id", "row")
    )
    return [_orphan_group(title, rows, matches=matches, likely=likely, problems=problems) for title, rows in ordered]


def _orphan_group(
    named: Title,
    rows: Sequence[tuple[OrphanScore, ChartReference]],
    *,
    matches: Mapping[int, Match],
    likely: Mapping[int, LikelyMatch],
    problems: Mapping[int, int],
) -> OrphanGroup:
    (game, title), (first, first_asked) = named, rows[0]
    sure = {orphan.pk: matches[orphan.pk] for orphan, _ in rows if orphan.pk in matches}
    guess = None if sure else likely.get(first.pk)
    charts = {key: match.chart for key, match in sure.items()}
    difficulties = dict.fromkeys(asked.difficulty for _, asked in rows if asked.difficulty)
    song, why, percent = "", "", 0
    if sure:
        match = next(iter(sure.values()))
        song, why, percent = match.chart.song.title, problem_texts.sure_match(match.title, match.differs_in), 100
    elif guess:
        meant = {orphan.pk: likely[orphan.pk].chart for orphan, _ in rows if orphan.pk in likely}
        charts = {key: chart for key, chart in meant.items() if chart is not None}
        song, percent = guess.title, guess.percent
        why = problem_texts.likely_match(percent, is_one_letter=guess.is_one_letter)
    elif difficulties and first_asked.match_type != TITLE:  # the song is known by its number
        why = problem_texts.no_such_chart(list(difficulties))
    if guess and not charts and difficulties:
        why = f"{formatting.sentence(why)} {problem_texts.no_such_chart(list(difficulties))}"
    sources = dict.fromkeys(import_name(orphan.from_import, private=True) for orphan, _ in rows)
    parts = [formatting.listed(difficulties), formatting.listed(list(sources)[:MAX_SOURCES])]
    query = urlencode({"game": game, "title": title_key(named)})
    return OrphanGroup(
        game=game,
        title=title,
        count=len(rows),
        about=" · ".join(part for part in (game_name(game, []), *parts) if part),
        kind="sure" if sure else "likely" if guess else "none",
        charts=charts,
        song=song,
        chart_names=formatting.listed(
            dict.fromkeys(str(difficulty_name(BY_SLUG[game], chart)) for chart in charts.values())
        ),
        percent=percent,
        why=why,
        pick_url=reverse("import-mend", args=[first.from_import.import_id, problems[first.pk]])
        if first.pk in problems
        else "",
        # Titles with a match have no button for deletion.
        delete_url="" if charts else f"{reverse('orphans-delete')}?{query}",
    )


def title_sections(groups: Sequence[OrphanGroup], chosen: str, query: QueryDict) -> list[OrphanSection]:
    """Returns the titles by kind: the first few of each, or all of the chosen kind."""
    sections = []
    for name, heading in KINDS.items():
        found = [group for group in groups if group.kind == name]
        if found and chosen in ("", name):
            shown = found if chosen else found[:SHOWN_TITLES]
            url = list_url(query, match=name) if len(shown) < len(found) else ""
            sections.append(OrphanSection(name, heading, len(found), shown, url))
    return sections


def kind_chips(groups: Sequence[OrphanGroup], chosen: str, query: QueryDict) -> list[Link]:
    """Returns filters by how sure a match is; kinds without titles are omitted unless chosen."""
    counts = {name: sum(group.kind == name for group in groups) for name in KINDS}
    chips = [Link(import_texts.ALL, list_url(query, match=None), len(groups), is_current=not chosen)]
    return chips + [
        Link(KINDS[name], list_url(query, match=name), count, is_current=name == chosen)
        for name, count in counts.items()
        if count or name == chosen
    ]


def game_chips(counts: Mapping[str, int], query: QueryDict) -> list[Link]:
    """Returns filters by game, with the numbers of scores."""
    chosen = query.get("game", "")
    chips = [Link(import_texts.ALL, list_url(query, game=None), sum(counts.values()), is_current=chosen not in counts)]
    return chips + [
        Link(game_name(game, []), list_url(query, game=game), count, is_current=game == chosen)
        for game, count in counts.items()
    ]


def _kept(orphan: OrphanScore) -> Kept:
    return Kept(orphan.data, orphan.context, orphan.import_type)
