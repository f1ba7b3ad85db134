"""A profile: the player's games, pinned scores, best plays, and latest sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, QuerySet, Sum
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
from imports.pages.components.sources.import_runs import COLUMNS, Folding, fold
from imports.pages.components.view_models import Line, Rail, SongName
from imports.pages.core.display_names import game_name, import_description, import_name
from imports.pages.core.urls import import_url, run_url, score_url
from imports.pages.texts import formatting, import_texts
from imports.pipeline.rankings.best_plays import find_best_plays
from imports.pipeline.rankings.ranks import Rank, Ranking, stats_rankings
from imports.pipeline.scores import highlighted_scores
from imports.pipeline.scoring.chart_loading import charts_by_pk

MAX_LATEST = 5  # sessions, and imports
MAX_LOOKED_AT = 100  # imports; each run of them is one line
MAX_BESTS = 6
MAX_PINNED = 6


@dataclass(frozen=True, slots=True)
class GameLine:
    """A game and playtype with the player's rating, class and rank in it."""

    stats: GameStats
    game: Game
    playtype: Playtype
    name: str
    classes: str
    rating: str
    rating_name: str
    class_rail: Rail | None  # the progress within its class
    next_class: str
    charts: int
    rank: Rank | None  # in that rating, among all players with one
    trend: Trend  # of that rating in the last ninety days


def picture_url(owner: User, stored_at: datetime | None) -> str:
    """Returns the address of a player's picture. Each picture has another address: browsers cache it for an hour."""
    version = f"?v={milliseconds(stored_at)}" if stored_at else ""
    return reverse("api:user-picture", args=[owner.pk]) + version


def uploaded_picture_url(owner: User) -> str:
    """Returns the address of the uploaded picture, empty if there is none. One query."""
    stored_at = ProfilePicture.objects.filter(user=owner).values_list("stored_at", flat=True).first()
    return picture_url(owner, stored_at) if stored_at else ""


def game_lines(owner: User) -> list[GameLine]:
    """Returns the player's games, most played first. Four queries."""
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
        rating_name=formatting.rating_name(rating, playtype),
        class_rail=progress_in_class(ladder, value) if ladder and value is not None else None,
        next_class=distance_to_next(playtype, value) if value is not None else "",
        charts=charts,
        rank=ranking.get(rating) if value is not None else None,
        trend=trend,
    )


@dataclass(frozen=True, slots=True)
class Totals:
    """A player's totals over all games. `since`: when the first session began (ms), None without sessions."""

    scores: int
    charts: int
    sessions: int
    since: int | None


def totals(owner: User, lines: Sequence[GameLine]) -> Totals:
    """Returns a player's totals. Two queries for any number of scores, because sessions store their score counts."""
    timed = Session.objects.filter(user=owner).aggregate(
        scores=Sum("score_count"), sessions=Count("pk"), since=Min("time_started")
    )
    # Read from the index of times, so that its leading columns are given.
    places = {(line.game.slug, line.playtype.name) for line in lines}
    untimed = Score.objects.filter(
        user=owner,
        game__in={game for game, _ in places},
        playtype__in={playtype for _, playtype in places},
        time_achieved=None,
    )
    return Totals(
        scores=(timed["scores"] or 0) + (untimed.count() if places else 0),
        charts=sum(line.charts for line in lines),
        sessions=timed["sessions"],
        since=None if timed["since"] is None else int(timed["since"]),
    )


def latest_sessions(owner: User) -> list[Line]:
    """Returns the latest sessions of a player. Four queries."""
    return session_lines(list(Session.objects.filter(user=owner).order_by("-time_ended")[:MAX_LATEST]), with_game=True)


def latest_imports(owner: User, found: QuerySet[Import], reader: permissions.Person, *, list_url: str) -> list[Line]:
    """Returns the newest visible imports, each run as one line. One query.

    `list_url`: the address of the list of the player's imports, which also shows these runs.
    """
    jobs = {job.pk: job for job in found.filter(user=owner).order_by("-pk")[:MAX_LOOKED_AT]}
    entries = fold([Folding(*(getattr(job, column) for column in COLUMNS)) for job in jobs.values()])
    return [_import_line([jobs[row.pk] for row in entry], reader, list_url) for entry in entries[:MAX_LATEST]]


def _import_line(run: Sequence[Import], reader: permissions.Person, list_url: str) -> Line:
    newest, oldest = run[0], run[-1]
    name = import_name(newest, private=permissions.can_see_input(reader, newest))
    about, url = import_description(newest, name=name), import_url(newest)
    if len(run) > 1:
        # An import without new scores has no playtype.
        playtypes = sorted({name for job in run for name in job.playtypes})
        about, name = game_name(newest.game, playtypes), import_texts.imports_by(len(run), name)
        url = run_url(list_url, newest=newest.import_id, oldest=oldest.import_id)
    return Line(
        name=name,
        about=about,
        url=url,
        strong=import_texts.import_result(scores=sum(job.score_count for job in run), duplicates=0)
        if newest.state == State.COMPLETED
        else import_texts.STATES[newest.state],
        time=milliseconds(newest.time_queued),
    )


def best_plays(lines: Sequence[GameLine]) -> list[BestRow]:
    """Returns the best plays over all games, in the order of the games. Four queries."""
    stats = [line.stats for line in lines]
    return best_rows(find_best_plays(stats, limit=MAX_BESTS)) if stats else []


@dataclass(frozen=True, slots=True)
class PinnedScore:
    """A pinned score or a candidate, for `profile.html` and `pinned-edit.html`."""

    score_id: str
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
    """Returns the first pinned scores in order. At most three queries."""
    return score_summaries(list(highlighted_scores(owner)[:MAX_PINNED]))


def score_summaries(scores: Sequence[Score]) -> list[PinnedScore]:
    """Returns summaries of scores of any games. At most two queries."""
    charts = charts_by_pk({score.chart_id for score in scores}) if scores else {}
    return [
        PinnedScore(
            score_id=score.score_id,
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
