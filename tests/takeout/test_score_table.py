"""The table of a game's scores: what a player sees, and no formulas."""

from __future__ import annotations

import codecs
import csv
import io

import pytest

from imports.games import BY_SLUG, playtype_of
from imports.models import Score, Song, User
from imports.takeout.score_table import score_table
from tests import factories, people
from tests.factories import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


def table_of(user: User) -> list[dict[str, str]]:
    content = b"".join(score_table(user, "sdvx", playtype_of("sdvx", "Single")))
    assert content.startswith(codecs.BOM_UTF8)
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_a_line_of_a_score_table_has_the_score_s_chart_metrics_ratings_and_judgements() -> None:
    first, second = factories.charts(2)
    judgements = {"critical": 900, "near": 3, "miss": 1}
    factories.create_import(
        people.alice(),
        factories.score_on(second, 9_000_000),
        factories.score_on(
            first, timeAchieved=NOON, judgements=judgements, optional={"exScore": 12}, comment="ok then"
        ),
    )
    factories.create_import(people.bob(), factories.score_on(first, 1))
    timed, untimed = table_of(people.alice())
    assert (timed["title"], timed["difficulty"], timed["level"]) == ("Song 1", "EXH", "16")
    assert (timed["timeAchieved"], untimed["timeAchieved"]) == ("2023-11-14 22:13:20", "")
    assert (timed["score"], timed["lamp"], timed["grade"]) == ("9500000", "CLEAR", "AA+")
    assert float(timed["VF7"]) == Score.objects.get(score_id=timed["scoreID"]).calculated_data["VF7"]
    assert (timed["judgement critical"], timed["judgement near"], untimed["judgement near"]) == ("900", "3", "")
    assert (timed["exScore"], timed["comment"], untimed["comment"]) == ("12", "ok then", "")


def test_texts_in_a_score_table_are_not_formulas() -> None:
    [chart] = factories.charts(1)
    Song.objects.update(title="=HYPERLINK(1)", artist="@SUM(1)")
    factories.create_import(people.alice(), factories.score_on(chart, comment="+1+cmd|' /C calc'!A0"))
    Score.objects.update(service="-2+3")
    [line] = table_of(people.alice())
    assert line["title"] == "'=HYPERLINK(1)" or line["title"] == "=HYPERLINK(1)'"
    for cell in (line["title"], line["artist"], line["service"], line["comment"]):
        assert cell[0] not in "=+-@", cell


@pytest.mark.parametrize("gpt", [(game.slug, name) for game in BY_SLUG.values() for name in game.by_name])
def test_the_score_table_of_every_game_has_unique_columns(gpt: tuple[str, str]) -> None:
    [head] = b"".join(score_table(people.alice(), gpt[0], playtype_of(*gpt))).decode("utf-8-sig").splitlines()
    columns = next(csv.reader([head]))
    assert len(set(columns)) == len(columns)
