"""A profile: the player's games, pinned scores, best plays, and latest sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, QuerySet
from django.urls import reverse

from imports.access import permissions
from imports.catalogue.chart_names import ChartName, difficulty_name
from imports.games import BY_SLUG, playtype_of
from imports.games.spec import Game, Playtype
from imports.integers import milliseconds
from imports.models import GameStats, Import, PersonalBest, ProfilePicture, Score, Session, State, User
from imports.pages.components.best_rows import BestRow, best_rows
from imports.pages.components.class_progress import find_ladder, progress_in_class
from imports.pages.components.import_summary import distance_to_next, profile_rating
from imports.pages.components.lamp_colors import Light, light_of, shown_lamp
from imports.pages.components.rating_history import Trend, trends
from imports.pages.components.score_rows import main_number
from imports.pages.components.sessions.lines import session_lines
from imports.pages.components.song_names import played_song
from imports.pages.components.view_models import Line, Rail, SongName
from imports.pages.core.display_names import game_name, import_description, import_name
from imports.pages.core.urls import import_url, score_url
from imports.pages.texts import formatting, import_texts
from imports.pipeline.rankings.best_plays import find_best_plays
from imports.pipeline.rankings.ranks import Rank, Ranking, stats_rankings
from imports.pipeline.scoring.chart_loading import charts_by_pk

MAX_LATEST = 5  # sessions, and imports
MAX_BESTS = 6
MAX_PINNED = 6


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
    class_rail: Rail | None  # how much of its class is covered
    next_class: str
    charts: int
    rank: Rank | None  # in that rating, among all who have one
    trend: Trend  # of that rating in the last ninety days


def picture_url(owner: User, stored_at: datetime | None) -> str:
    """Where a player's picture is. Another one has another address, as browsers keep pictures for an hour."""
    version = f"?v={milliseconds(stored_at)}" if stored_at else ""
    return reverse("api:user-picture", args=[owner.pk]) + version


def uploaded_picture_url(owner: User) -> str:
    """The same, and empty where the player has uploaded none. One query."""
    stored_at = ProfilePicture.objects.filter(user=owner).values_list("stored_at", flat=True).first()
    return picture_url(owner, stored_at) if stored_at else ""


def game_lines(owner: User) -> list[GameLine]:
    """Most played first. Four queries."""
    played = PersonalBest.objects.filter(user=owner).values_list("game", "playtype").annotate(count=Count("pk"))
    charts = {(game, playtype): count for game, playtype, count in played.order_by()}
    found = [stats for stats in GameStats.objects.filter(user=owner) if stats.game in BY_SLUG]
    ranks = stats_rankings(found) if found else {}
    went = trends(found) if found else {}
    lines = [
        _game_line(stats, charts.get((stats.game, stats.playtype), 0), ranks[stats.pk], went[stats.pk])
        for stats in found
    ]
    return sorted(lines, key=lambda line: -line.charts)


def _game_line(stats: GameStats, charts: int, ranking: Ranking, trend: Trend) -> GameLine:
    game = BY_SLUG[stats.game]
    playtype = game.by_name[stats.playtype]
    rating = playtype.default_profile_rating
    value = stats.ratings.get(rating)
    ladder = find_ladder(playtype, rating)
    classes = [
        group.values[group.index(stats.classes[name])].name
        for name, group in playtype.classes.items()
        if name in stats.classes
    ]
    return GameLine(
        stats=stats,
        game=game,
        playtype=playtype,
        name=game.label(playtype.name),
        classes=", ".join(classes),
        rating=formatting.UNKNOWN if value is None else profile_rating(value, playtype, rating),
        rating_name=formatting.rating_name(rating),
        class_rail=progress_in_class(ladder, value) if ladder and value is not None else None,
        next_class=distance_to_next(playtype, value) if value is not None else "",
        charts=charts,
        rank=ranking.get(rating) if value is not None else None,
        trend=trend,
    )


def latest_sessions(owner: User) -> list[Line]:
    """Four queries."""
    return session_lines(list(Session.objects.filter(user=owner).order_by("-time_ended")[:MAX_LATEST]), with_game=True)


def latest_imports(owner: User, found: QuerySet[Import], reader: permissions.Person) -> list[Line]:
    """The newest of those that the reader may see. One query."""
    lines = []
    for job in found.filter(user=owner).order_by("-pk")[:MAX_LATEST]:
        name = import_name(job, private=permissions.can_see_input(reader, job))
        is_done = job.state == State.COMPLETED
        lines.append(
            Line(
                name=name,
                about=import_description(job, name=name),
                url=import_url(job),
                strong=import_texts.import_result(scores=job.score_count, duplicates=0)
                if is_done
                else import_texts.STATES[job.state],
                time=milliseconds(job.time_queued),
            )
        )
    return lines


def best_plays(lines: Sequence[GameLine]) -> list[BestRow]:
    """The best plays over all games, in the order of the games. Four queries."""
    stats = [line.stats for line in lines]
    return best_rows(find_best_plays(stats, most=MAX_BESTS)) if stats else []


@dataclass(frozen=True, slots=True)
class PinnedScore:
    """A highlighted score, for `profile.html`."""

    song: SongName
    chart: ChartName
    lamp: Light
    grade: Light
    score: str
    game: str
    time: int | None  # ms
    comment: str
    url: str


def pinned_scores(owner: User) -> list[PinnedScore]:
    """The newest highlighted scores. Three queries at most."""
    found = Score.objects.filter(user=owner, highlight=True, game__in=BY_SLUG)
    scores = list(found.order_by(F("time_achieved").desc(nulls_last=True), "-pk")[:MAX_PINNED])
    charts = charts_by_pk({score.chart_id for score in scores}) if scores else {}
    return [
        PinnedScore(
            song=played_song(charts[score.chart_id]),
            chart=difficulty_name(BY_SLUG[score.game], charts[score.chart_id]),
            lamp=shown_lamp(score.game, score.score_data),
            grade=light_of(score.game, "grade", score.score_data["grade"]),
            score=main_number(score.score_data, playtype_of(score.game, score.playtype)),
            game=game_name(score.game, [score.playtype]),
            time=None if score.time_achieved is None else int(score.time_achieved),
            comment=score.comment or "",
            url=score_url(score.score_id),
        )
        for score in scores
    ]
