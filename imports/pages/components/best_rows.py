"""Personal bests as rows: song, chart, lamp, score, grade and rating."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imports.catalogue.chart_names import ChartName, difficulty_name
from imports.games import BY_SLUG
from imports.games.spec import Chart
from imports.models import PersonalBest
from imports.pages.components.lamp_colors import Light, light_of, shown_lamp
from imports.pages.components.score_rows import main_number
from imports.pages.components.song_names import played_song
from imports.pages.components.view_models import SongName
from imports.pages.core.urls import score_url
from imports.pages.texts.numbers import format_rating
from imports.pipeline.scoring.chart_loading import charts_by_pk


@dataclass(frozen=True, slots=True)
class BestRow:
    """A best of a player."""

    song: SongName
    chart: ChartName
    lamp: Light
    grade: Light
    score: str
    rating: str
    url: str
    game: str
    time: int | None  # ms
    is_highlight: bool


def best_rows(bests: Sequence[PersonalBest]) -> list[BestRow]:
    """Returns bests of any games as rows, in the given order. Two queries."""
    charts = charts_by_pk({best.chart_id for best in bests})
    return [best_row(best, charts) for best in bests]


def best_row(best: PersonalBest, charts: Mapping[int, Chart]) -> BestRow:
    game = BY_SLUG[best.game]
    playtype, chart = game.by_name[best.playtype], charts[best.chart_id]
    name = playtype.default_score_rating
    return BestRow(
        song=played_song(chart),
        chart=difficulty_name(game, chart),
        lamp=shown_lamp(game.slug, best.score_data),
        grade=light_of(game.slug, "grade", best.score_data["grade"]),
        score=main_number(best.score_data, playtype),
        rating=format_rating(best.calculated_data.get(name), playtype.score_ratings[name].shown, kind="score"),
        url=score_url(best.score_id),
        game=game.label(playtype.name),
        time=None if best.time_achieved is None else int(best.time_achieved),
        is_highlight=best.highlight,
    )
