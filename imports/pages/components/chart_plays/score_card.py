"""The result of an import of one score: the score, its changes, and its rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.db.models.fields.json import KT

from imports.catalogue.chart_names import ChartName, difficulty_name
from imports.games.judging import rank_keys
from imports.games.spec import Playtype
from imports.models import CarriedScores, Chart, Import, PersonalBest, Score, Session, User
from imports.models.results.carried_scores import unpack_score_ids
from imports.models.sessions import session_of
from imports.pages.components.chart_plays.history import ChartHistory, get_chart_history
from imports.pages.components.chart_plays.leaderboard import LeaderboardRow, rows_around
from imports.pages.components.chart_plays.metric_lines import MetricLine, judgement_lines, optional_lines
from imports.pages.components.chart_plays.own_plays import RECENT, place_among_own, recent_best
from imports.pages.components.import_summary import rating_changes
from imports.pages.components.lamp_colors import TABLE, Light, light_of, row_ladder, shown_lamp
from imports.pages.components.score_rows import (
    DEFAULT_METRIC,
    ScoreComparison,
    compare_scores,
    import_scope,
    rating_expression,
    score_row,
)  # fmt: skip
from imports.pages.components.view_models import ScoreRow
from imports.pages.texts import formatting, import_texts, score_texts
from imports.pages.texts.numbers import MINUS, format_change, format_metric, format_rating
from imports.pipeline.rankings.ranks import Rank, best_ranks


@dataclass(frozen=True, slots=True)
class CardLine:
    """A value before and after; of a lamp or grade as lights. `change`: signed text, or the rise in words.

    `is_marked`: whether it is the profile rating.
    """

    name: str
    after: str | Light
    before: str | Light = ""
    change: str = ""
    note: str = ""
    kind: Literal["number", "lamp", "grade"] = "number"
    is_rise: bool = False
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class ScoreCard:
    """The result of an import of one score. `before`: the best after a revert, as text; empty if there was none.

    `place`: the rank among the player's own scores, if the score is no new best.
    """

    headline: str
    score: Score
    row: ScoreRow
    difficulty: ChartName  # written out
    rating_name: str
    lines: tuple[CardLine, ...]
    history: ChartHistory | None
    board: Sequence[LeaderboardRow]
    rank: Rank | None
    rank_before: int | None
    details: tuple[MetricLine, ...]
    session: Session | None
    before: str
    rating_before: str
    place: str

    @property
    def has_lamp_line(self) -> bool:
        """Whether a line shows the lamp."""
        return any(line.kind == "lamp" for line in self.lines)


@dataclass(frozen=True, slots=True)
class Earlier:
    """The player's state on the chart before: the best by the default metric, and the highest value of each ladder."""

    best: Score | None
    lamp: Light | None
    grade: Light | None
    rating: float | None


def score_card(job: Import, *, reader: User | None) -> ScoreCard | None:
    """Returns the result of an import of one score; None if the score no longer exists. About twelve queries."""
    score = Score.objects.select_related("user").filter(from_import=job).first()
    if score is None:
        return None
    each = compare_scores([score], import_scope(job))[0]
    earlier = _earlier(score, each.playtype)
    chart = Chart.objects.select_related("song").get(pk=score.chart_id)
    best = PersonalBest.objects.select_related("user").filter(user=score.user_id, chart=chart).first()
    rank = best_ranks([best])[best.pk] if best else None
    rank_before = _rank_before(earlier.best, each.playtype) if each.place == "best" else None
    if rank and rank_before == rank.rank:
        rank_before = None
    # If a later score is the best, the rank on the leaderboard belongs to that one.
    is_still_best = best is not None and best.score_id == score.score_id
    before = ""
    if earlier.best and is_still_best:
        lamp = shown_lamp(each.game.slug, earlier.best.score_data)
        before = f"{format_metric(earlier.best.best_keys[0], each.shown)} {lamp.short}"
    row = score_row(each)
    rating = rating_changes(job)
    # A score that is no new best is compared with the last plays before it.
    recent = None if each.place in ("best", "first") else recent_best(score, each.playtype)
    return ScoreCard(
        headline=import_texts.one_score_headline(each.place, row.gain),
        score=score,
        row=row,
        difficulty=difficulty_name(each.game, each.chart, short=False),
        rating_name=formatting.rating_name(each.playtype.default_score_rating, each.playtype),
        lines=(
            *_chart_lines(each, row, earlier),
            *(
                CardLine(
                    change.name,
                    change.after,
                    change.before,
                    change.change or (str(score_texts.NO_CHANGE) if change.is_still else ""),
                    is_marked=change.change.startswith("+"),
                )
                for change in rating
            ),
            *([CardLine(import_texts.best_of_last(RECENT), recent.value, change=recent.difference)] if recent else ()),
            *([_rank_line(rank, rank_before)] if rank and is_still_best else ()),
        ),
        history=get_chart_history(chart, score.user),
        board=rows_around(best, reader=reader) if best else (),
        rank=rank,
        rank_before=rank_before if is_still_best else None,
        details=(*judgement_lines(score, each.playtype), *optional_lines(score, each.playtype)),
        session=session_of(score),
        before=before,
        rating_before=next((f"{change.name} {change.before}" for change in rating if change.before), ""),
        place=place_among_own(score) if each.place not in ("best", "first") else "",
    )


def _earlier(score: Score, playtype: Playtype) -> Earlier:
    """Returns the state before the score. At most three queries."""
    there = Score.objects.filter(user=score.user_id, chart=score.chart_id, from_import__lt=score.from_import_id)
    best = there.order_by(DEFAULT_METRIC.desc(nulls_last=True), "pk").first()
    if best is None:
        return Earlier(None, None, None, None)
    lamp, grade = row_ladder(score.game), "grade"
    found = there.values_list(KT(f"score_data__{lamp}"), KT("score_data__grade"), rating_expression(playtype))
    values = list(found.distinct())
    ratings = [rating for _, _, rating in values if rating is not None]
    return Earlier(
        best,
        _highest(score.game, lamp, [value for value, _, _ in values]),
        _highest(score.game, grade, [value for _, value, _ in values]),
        max(ratings, default=None),
    )


def _highest(game: str, ladder: str, values: Sequence[str | None]) -> Light | None:
    known = [value for value in TABLE[game][ladder] if value in set(values)]
    return light_of(game, ladder, known[-1]) if known else None


def _chart_lines(each: ScoreComparison, row: ScoreRow, earlier: Earlier) -> list[CardLine]:
    """Returns default metric, lamp, grade and rating on the chart, compared with the state before."""
    playtype, before = each.playtype, each.baseline.before
    value = format_metric(each.score.best_keys[0], each.shown)
    rating = playtype.default_score_rating
    shown = playtype.score_ratings[rating].shown
    now = each.score.calculated_data.get(rating)
    name = formatting.rating_name(rating, playtype)
    if earlier.best is None or before is None:
        return [CardLine(import_texts.on_chart(name), format_rating(now, shown, kind="score"))]
    if each.place != "best":
        gap = f"{MINUS}{each.gap}" if each.gap else ""
        lamp = shown_lamp(each.game.slug, earlier.best.score_data)
        return [CardLine(import_texts.YOUR_BEST, format_metric(before, each.shown), change=gap, note=lamp.value)]
    lines = [CardLine(import_texts.BEST, value, format_metric(before, each.shown), each.gain)]
    ladder = row_ladder(each.game.slug)
    lamp = light_of(each.game.slug, ladder, each.score.score_data[ladder])
    if (steps := _steps(each.game.slug, ladder, earlier.lamp, lamp)) > 0:
        lines.append(
            CardLine(
                import_texts.LAMP, lamp, earlier.lamp or "", import_texts.steps_up(steps), kind="lamp", is_rise=True
            )
        )
    if (steps := _steps(each.game.slug, "grade", earlier.grade, row.grade)) > 0:
        lines.append(
            CardLine(
                import_texts.GRADE,
                row.grade,
                earlier.grade or "",
                import_texts.steps_up(steps),
                kind="grade",
                is_rise=True,
            )
        )
    if change := format_change(earlier.rating, now, shown, kind="score"):
        after, was_rated = (format_rating(rated, shown, kind="score") for rated in (now, earlier.rating))
        lines.append(CardLine(import_texts.on_chart(name), after, was_rated, change))
    return lines


def _steps(game: str, ladder: str, before: Light | None, after: Light) -> int:
    """Returns the number of steps on a ladder between both; 0 or less if the second is not better."""
    order = list(TABLE[game][ladder])
    if before is None or after.value not in order:
        return 0
    return order.index(after.value) - order.index(before.value)


def _rank_before(best: Score | None, playtype: Playtype) -> int | None:
    """Returns the rank that the best before would have among the current bests of the others."""
    if best is None:
        return None
    keys = rank_keys(best.score_data, best.score_data.get("optional") or {}, playtype)
    others = PersonalBest.objects.filter(chart=best.chart_id).exclude(user=best.user_id)
    return others.filter(rank_keys__gt=keys).count() + 1


def _rank_line(rank: Rank, before: int | None) -> CardLine:
    moved = before - rank.rank if before else 0
    return CardLine(
        import_texts.RANK,
        f"#{rank.rank:,}",
        f"#{before:,}" if before and moved > 0 else "",
        import_texts.steps_up(moved) if moved > 0 else "",
        import_texts.total_of(rank.out_of),
        is_rise=moved > 0,
    )


def repeated_score(job: Import) -> Score | None:
    """Returns the score that an import's only row duplicates, with its import. Two queries."""
    carried = CarriedScores.objects.filter(job=job).first()
    ids = unpack_score_ids(carried.score_ids) if carried else set()
    if len(ids) != 1:
        return None
    return Score.objects.select_related("from_import__input").filter(score_id__in=ids).first()
