"""Two players of a game compared: who leads on how many charts, lamps on shared charts, and the charts themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter

from django.db.models import Count, FloatField, Max
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone

from imports.catalogue.chart_names import ChartName, difficulty_name
from imports.games.spec import Game, Playtype
from imports.integers import milliseconds
from imports.models import GameStats, PersonalBest, Session
from imports.pages.components.class_progress import find_ladder
from imports.pages.components.import_summary import profile_rating
from imports.pages.components.lamp_colors import TABLE, Light, light_of, row_ladder, shown_lamp
from imports.pages.components.rating_history import RatedDay
from imports.pages.components.score_rows import main_number, metric_format
from imports.pages.components.song_names import played_song
from imports.pages.components.view_models import Rail, SongName, rail
from imports.pages.core.urls import score_url
from imports.pages.texts import formatting, player_texts
from imports.pages.texts.numbers import format_metric, format_number, format_rating
from imports.pipeline.rankings.comparison import Totals, Which, find_charts
from imports.pipeline.rankings.ranking_entries import GAIN_DAYS
from imports.pipeline.rankings.ranks import Rank, stats_rankings
from imports.pipeline.scoring.chart_loading import charts_by_pk

PER_PAGE = 25
BEST_LAMPS = 3  # of the ladder; each is counted
GOOD_GRADES = 2  # of the ladder; counted together


@dataclass(frozen=True, slots=True)
class PlayerRating:
    """A player's rating and class, and their rank among all players with a rating."""

    name: str
    rating: str
    class_name: str
    rank: Rank | None


@dataclass(frozen=True, slots=True)
class LampRow:
    """How often both players have a lamp on their shared charts; the bar of `one` grows from the right."""

    light: Light
    one: int
    other: int
    one_bar: Rail
    other_bar: Rail


@dataclass(frozen=True, slots=True)
class FactRow:
    """A number of both players, as shown. `leader`: 1 or 2, 0 for neither."""

    name: str
    one: str
    other: str
    leader: int


@dataclass(frozen=True, slots=True)
class Side:
    """A player's best on a chart."""

    score: str
    lamp: Light
    url: str
    is_ahead: bool


@dataclass(frozen=True, slots=True)
class ChartRow:
    """A chart with the bests of both players; `lead`: the difference between them."""

    song: SongName
    chart: ChartName
    one: Side | None
    other: Side | None
    lead: str
    leader: str


def player_ratings(rows: Sequence[GameStats], playtype: Playtype) -> list[PlayerRating]:
    """Returns the ratings and ranks of both players. One query."""
    rating = playtype.default_profile_rating
    ladder = find_ladder(playtype, rating)
    ranks = stats_rankings(rows)
    found = []
    for row in rows:
        value = row.ratings.get(rating)
        if value is None:
            found.append(PlayerRating(row.user.username, formatting.UNKNOWN, "", None))
            continue
        class_name = ladder.name(ladder.index(value)) if ladder else ""
        rank = ranks[row.pk].get(rating)
        found.append(PlayerRating(row.user.username, profile_rating(value, playtype, rating), class_name, rank))
    return found


def lead_bar(totals: Totals, names: tuple[str, str]) -> Rail:
    """Returns the bar that shows on how many shared charts each player leads."""
    counts = totals.charts
    return rail(
        (("one", counts["one"]), ("even", counts["even"]), ("two-leads", counts["other"])),
        total=totals.shared,
        label=player_texts.lead_label(names[0], counts["one"], counts["even"], names[1], counts["other"]),
    )


def lamp_rows(totals: Totals, game: Game) -> list[LampRow]:
    """Returns the rows, the best lamp first."""
    ladder = row_ladder(game.slug)
    counts = [
        (value, totals.lamps_of_one[value], totals.lamps_of_other[value])
        for value in reversed(TABLE[game.slug][ladder])
        if totals.lamps_of_one[value] or totals.lamps_of_other[value]
    ]
    most = max((max(one, other) for _, one, other in counts), default=0)
    return [
        LampRow(
            light=light_of(game.slug, ladder, value),
            one=one,
            other=other,
            one_bar=rail((("gap", most - one), ("had", one)), total=most),
            other_bar=rail((("had", other),), total=most),
        )
        for value, one, other in counts
    ]


def fact_rows(one: GameStats, other: GameStats, game: Game, playtype: Playtype) -> list[FactRow]:
    """Returns charts, best lamps, good grades, best play and sessions of both players. Three queries."""
    ladder, users = row_ladder(game.slug), [one.user_id, other.user_id]
    bests = PersonalBest.objects.filter(user__in=users, game=game.slug, playtype=playtype.name)
    lamps: dict[int, Counter[str]] = {user: Counter() for user in users}
    grades: dict[int, Counter[str]] = {user: Counter() for user in users}
    for user, lamp, grade, count in (
        bests.order_by().values_list("user", KT(f"score_data__{ladder}"), KT("score_data__grade")).annotate(Count("pk"))
    ):
        lamps[user][lamp] += count
        grades[user][grade] += count
    rating = Cast(KT(f"calculated_data__{playtype.default_score_rating}"), FloatField())
    # Only on primary charts, as profile ratings are computed from these.
    tops: dict[int, float | None] = dict(
        bests.filter(is_primary=True).order_by().values_list("user").annotate(top=Max(rating))
    )
    since = milliseconds(timezone.now() - timedelta(days=GAIN_DAYS))
    # Uses an index that begins with the player and ends with the time.
    latest = Session.objects.filter(user__in=users, game=game.slug, playtype=playtype.name, time_ended__gte=since)
    sessions = Counter(latest.values_list("user", flat=True))
    good = list(TABLE[game.slug]["grade"])[-GOOD_GRADES:]
    counted = [
        (str(player_texts.CHARTS_PLAYED), [lamps[user].total() for user in users]),
        *(
            (lamp, [lamps[user][lamp] for user in users])
            for lamp in reversed(list(TABLE[game.slug][ladder])[-BEST_LAMPS:])
        ),
        (player_texts.grade_or_better(good[0]), [sum(grades[user][grade] for grade in good) for user in users]),
    ]
    first, second = (tops.get(user) for user in users)
    best = FactRow(
        name=player_texts.best_of(formatting.rating_name(playtype.default_score_rating, playtype)),
        one=_rating_text(first, playtype),
        other=_rating_text(second, playtype),
        leader=_leader(first or 0, second or 0),
    )
    return [
        *(_counted(name, *counts) for name, counts in counted),
        best,
        _counted(str(player_texts.LATEST_SESSIONS), *(sessions[user] for user in users)),
    ]


def _rating_text(value: float | None, playtype: Playtype) -> str:
    shown = playtype.score_ratings[playtype.default_score_rating].shown
    return formatting.UNKNOWN if value is None else format_rating(value, shown, kind="score")


def _counted(name: str, one: int, other: int) -> FactRow:
    return FactRow(name, format_number(one), format_number(other), _leader(one, other))


def _leader(one: float, other: float) -> int:
    return 1 if one > other else 2 if other > one else 0


def lead_taken(days: tuple[Sequence[RatedDay], Sequence[RatedDay]]) -> tuple[int, date] | None:
    """Returns which player (1 or 2) took the lead last, and on which day; None if the same one led on all days."""
    values = [0.0, 0.0]
    leader, taken = 0, None
    events = sorted((day.day, place, day.value) for place, player in enumerate(days) for day in player)
    for day, group in groupby(events, key=itemgetter(0)):
        for _, place, value in group:
            values[place] = value
        ahead = _leader(*values)
        # On days with equal values nobody took the lead.
        if ahead and leader and ahead != leader:
            taken = (ahead, day)
        leader = ahead or leader
    return taken


def chart_rows(
    one: GameStats, other: GameStats, game: Game, playtype: Playtype, *, which: Which, level: str, page: int
) -> list[ChartRow]:
    """Returns a page of charts, of all levels if `level` is empty. Four queries for any number of charts."""
    found = find_charts(one, other, which, level=level, most=PER_PAGE, before=(page - 1) * PER_PAGE)
    bests = PersonalBest.objects.in_bulk([key for _, *keys in found for key in keys if key is not None])
    facts = charts_by_pk(chart for chart, _, _ in found)
    shown = metric_format(playtype, playtype.leaderboard_order[0])
    rows = []
    for key, *keys in found:
        chart = facts[key]
        first, second = (bests.get(best) if best else None for best in keys)
        gap = first.rank_keys[0] - second.rank_keys[0] if first and second else 0
        leader = one if gap > 0 else other
        rows.append(
            ChartRow(
                song=played_song(chart),
                chart=difficulty_name(game, chart),
                one=_side(first, game, playtype, is_ahead=gap > 0),
                other=_side(second, game, playtype, is_ahead=gap < 0),
                lead=f"+{format_metric(abs(gap), shown)}" if gap else "",
                leader=leader.user.username if gap else "",
            )
        )
    return rows


def _side(best: PersonalBest | None, game: Game, playtype: Playtype, *, is_ahead: bool) -> Side | None:
    if best is None:
        return None
    lamp = shown_lamp(game.slug, best.score_data)
    return Side(main_number(best.score_data, playtype), lamp, score_url(best.score_id), is_ahead)
