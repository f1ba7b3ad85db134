"""A profile: the player's games, latest sessions and best scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.urls import reverse

from imports import jobs, rules
from imports.chart_names import ChartName, difficulty_name
from imports.games import BY_SLUG
from imports.games.spec import Game, Playtype
from imports.models import GameStats, Import, PersonalBest, Session, State, User
from imports.pages import words
from imports.pages.addresses import played_song, score_url
from imports.pages.class_rails import class_way, ladder_of
from imports.pages.context import import_url
from imports.pages.lights import Light, light_of, shown_lamp
from imports.pages.naming import about, game_name, milliseconds, name_of
from imports.pages.numbers import format_rating
from imports.pages.parts import Line, Rail, SongName
from imports.pages.result import profile_rating, way_to_next
from imports.pages.score_rows import by_rating, main_number
from imports.pipeline.catalogue import charts_by_pk
from imports.pipeline.ranking import Rank, Ranking, stats_rankings

LATEST = 5  # sessions
BEST = 5  # scores


@dataclass(frozen=True, slots=True)
class GameLine:
    """A game and playtype with what was reached in it."""

    stats: GameStats
    game: Game
    playtype: Playtype
    name: str
    classes: str
    rating: str
    rating_name: str
    way: Rail | None  # through its class
    next_class: str
    charts: int
    url: str  # of the game's page; empty where this instance no longer has the game
    rank: Rank | None  # in that rating, among all who have one


def game_lines(owner: User) -> list[GameLine]:
    """Most played first. Three queries."""
    played = PersonalBest.objects.filter(user=owner).values_list("game", "playtype").annotate(count=Count("pk"))
    charts = {(game, playtype): count for game, playtype, count in played.order_by()}
    found = [stats for stats in GameStats.objects.filter(user=owner) if stats.game in BY_SLUG]
    ranks = stats_rankings(found) if found else {}
    lines = [_line(stats, charts.get((stats.game, stats.playtype), 0), ranks[stats.pk]) for stats in found]
    return sorted(lines, key=lambda line: -line.charts)


def _line(stats: GameStats, charts: int, ranking: Ranking) -> GameLine:
    game = BY_SLUG[stats.game]
    playtype = game.by_name[stats.playtype]
    rating = playtype.default_profile_rating
    value = stats.ratings.get(rating)
    ladder = ladder_of(playtype, rating)
    return GameLine(
        stats=stats,
        game=game,
        playtype=playtype,
        name=game.label(playtype.name),
        classes=", ".join(_classes(stats, playtype)),
        rating=words.UNKNOWN if value is None else profile_rating(value, playtype, rating),
        rating_name=words.rating_name(rating),
        way=class_way(ladder, value) if ladder and value is not None else None,
        next_class=way_to_next(playtype, value) if value is not None else "",
        charts=charts,
        url=reverse("game-detail", args=[game.slug]) if game in jobs.offered_games() else "",
        rank=ranking.get(rating) if value is not None else None,
    )


def _classes(stats: GameStats, playtype: Playtype) -> Iterator[str]:
    for name, group in playtype.classes.items():
        if name in stats.classes:
            yield group.values[group.index(stats.classes[name])].name


def latest_sessions(owner: User) -> list[Line]:
    """One query."""
    return [
        Line(
            name=session.name,
            about=game_name(session.game, [session.playtype]),
            url=reverse("session-detail", args=[session.session_id]),
            strong=words.count_of(session.score_count, "score"),
            time=int(session.time_started),
        )
        for session in Session.objects.filter(user=owner).order_by("-time_ended")[:LATEST]
    ]


def latest_imports(owner: User, found: QuerySet[Import], reader: rules.Person) -> list[Line]:
    """The newest of those that the reader may see. One query."""
    lines = []
    for job in found.filter(user=owner).order_by("-pk")[:LATEST]:
        name = name_of(job, private=rules.can_see_input(reader, job))
        did = (
            words.did(scores=job.score_count, duplicates=0) if job.state == State.COMPLETED else job.state.capitalize()
        )
        line = Line(name, about(job, name=name), import_url(job), strong=did, time=milliseconds(job.time_queued))
        lines.append(line)
    return lines


@dataclass(frozen=True, slots=True)
class BestRow:
    """A best score, for `profile.html`."""

    song: SongName
    chart: ChartName
    lamp: Light
    grade: Light
    score: str
    rating: str
    url: str


def best_scores(line: GameLine) -> list[BestRow]:
    """The bests that count most in this game. Three queries."""
    mine = PersonalBest.objects.filter(user=line.stats.user_id, game=line.game.slug, playtype=line.playtype.name)
    bests = list(mine.filter(is_primary=True).order_by(by_rating(line.playtype), "pk")[:BEST])
    charts = charts_by_pk({best.chart_id for best in bests})
    name = line.playtype.default_score_rating
    shown = line.playtype.score_ratings[name].shown
    return [
        BestRow(
            song=played_song(charts[best.chart_id]),
            chart=difficulty_name(line.game, charts[best.chart_id]),
            lamp=shown_lamp(line.game.slug, best.score_data),
            grade=light_of(line.game.slug, "grade", best.score_data["grade"]),
            score=main_number(best.score_data, line.playtype),
            rating=format_rating(best.calculated_data.get(name), shown, kind="score"),
            url=score_url(best.score_id),
        )
        for best in bests
    ]
