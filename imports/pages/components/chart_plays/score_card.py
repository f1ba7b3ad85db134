"""The result of an import that brought one score: the score, what it changed, and where it stands."""

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
from imports.pages.texts import formatting, import_texts
from imports.pages.texts.numbers import MINUS, format_change, format_metric, format_rating
from imports.pipeline.rankings.ranks import Rank, best_ranks


@dataclass(frozen=True, slots=True)
class CardLine:
    """A value before and after; of a lamp or grade as lights. `change` is signed text, or words for what rose."""

    name: str
    after: str | Light
    before: str | Light = ""
    change: str = ""
    note: str = ""
    kind: Literal["number", "lamp", "grade"] = "number"
    is_rise: bool = False


@dataclass(frozen=True, slots=True)
class ScoreCard:
    """`before` is the best that a revert leads back to, written out; empty where there was none."""

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


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the player had on the chart before: the best by the default metric, and the best of each ladder."""

    best: Score | None
    lamp: Light | None
    grade: Light | None
    rating: float | None


def score_card(job: Import, *, reader: User | None) -> ScoreCard | None:
    """None where the score of the import is not there any more. A dozen queries."""
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
    # Once a later score is the best, the place on the leaderboard is that one's.
    is_still_best = best is not None and best.score_id == score.score_id
    before = ""
    if earlier.best and is_still_best:
        lamp = shown_lamp(each.game.slug, earlier.best.score_data)
        before = f"{format_metric(earlier.best.best_keys[0], each.shown)} {lamp.short}"
    row = score_row(each)
    rating = rating_changes(job)
    return ScoreCard(
        headline=import_texts.one_score_headline(each.place, row.gain),
        score=score,
        row=row,
        difficulty=difficulty_name(each.game, each.chart, short=False),
        rating_name=formatting.rating_name(each.playtype.default_score_rating),
        lines=(
            *_chart_lines(each, row, earlier),
            *(CardLine(change.name, change.after, change.before, change.change) for change in rating),
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
    )


def _earlier(score: Score, playtype: Playtype) -> Earlier:
    """Three queries at most."""
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
    """The default metric, lamp, grade and rating on the chart, compared with what was there before."""
    playtype, before = each.playtype, each.baseline.before
    value = format_metric(each.score.best_keys[0], each.shown)
    rating = playtype.default_score_rating
    shown = playtype.score_ratings[rating].shown
    now = each.score.calculated_data.get(rating)
    name = formatting.rating_name(rating)
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
    """How many rungs of a ladder lie between the two; 0 or less where the second is no better."""
    order = list(TABLE[game][ladder])
    if before is None or after.value not in order:
        return 0
    return order.index(after.value) - order.index(before.value)


def _rank_before(best: Score | None, playtype: Playtype) -> int | None:
    """Where the best before would stand among the others' bests of today."""
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
    """The score that an import's only row repeated, with the import that had brought it. Two queries."""
    carried = CarriedScores.objects.filter(job=job).first()
    ids = unpack_score_ids(carried.score_ids) if carried else set()
    if len(ids) != 1:
        return None
    return Score.objects.select_related("from_import__input").filter(score_id__in=ids).first()
