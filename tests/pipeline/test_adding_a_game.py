"""The example of docs/adding-a-game.md works in the whole product."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

from imports import games, jobs
from imports.games.spec import Game
from imports.models import GameStats, PersonalBest, Score
from tests.pipeline.factories import EVENING, HALF_HOUR, import_rows, player, revert_import, state_of

pytestmark = pytest.mark.django_db
PAGE = Path(__file__).parents[2] / "docs" / "adding-a-game.md"
GPT = "tambourine:Single"


@pytest.fixture
def tambourine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Game]:
    """The game of the page, registered as described there, with a song and two charts."""
    code = next(block for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S) if "GAME = " in block)
    file = tmp_path / "tambourine.py"
    file.write_text(code)
    spec = importlib.util.spec_from_file_location("tambourine", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "tambourine", module)
    spec.loader.exec_module(module)
    game: Game = module.GAME
    monkeypatch.setattr(games, "GAMES", (*games.GAMES, game))
    monkeypatch.setattr("imports.jobs.configuration.GAMES", games.GAMES)
    monkeypatch.setitem(games.BY_SLUG, game.slug, game)
    jobs.enabled_games.cache_clear()
    _load_seeds(tmp_path / "seeds")
    yield game
    jobs.enabled_games.cache_clear()


def _load_seeds(folder: Path) -> None:
    folder.mkdir()
    song = {"id": 1, "title": "Jingle", "artist": "Ann", "altTitles": [], "searchTerms": [], "data": {"genre": "Folk"}}
    charts = [
        {
            "chartID": f"{name}-of-jingle", "songID": 1, "playtype": "Single", "difficulty": name, "level": str(level),
            "levelNum": level, "isPrimary": True, "versions": ["1"], "data": {"inGameID": 7},
        }
        for name, level in (("EASY", 4), ("WILD", 12))
    ]  # fmt: skip
    (folder / "songs-tambourine.json").write_text(json.dumps([song]))
    (folder / "charts-tambourine.json").write_text(json.dumps(charts))
    call_command("load_seeds", str(folder), "--keep", verbosity=0)


def row(difficulty: str, score: int, lamp: str, *, step: int = 0) -> dict[str, object]:
    return {
        "matchType": "inGameID", "identifier": "7", "difficulty": difficulty, "score": score, "lamp": lamp,
        "timeAchieved": EVENING + step * HALF_HOUR,
    }  # fmt: skip


def test_scores_of_the_example_game_are_imported_rated_and_reverted(tambourine: Game) -> None:
    user = player()
    job = import_rows(
        user,
        GPT,
        [
            row("WILD", 900, "FAILED"),
            row("WILD", 700, "CLEAR", step=1),
            row("EASY", 1000, "FULL SHAKE", step=2),
            row("EASY", 999, "FULL SHAKE", step=3),
        ],
    )

    assert (job.score_count, [problem.message for problem in job.problems.all()]) == (
        3,
        ["Got 1 error when validating score:\nCannot have a FULL SHAKE without a perfect score."],
    )
    assert list(Score.objects.filter(user=user).order_by("pk").values_list("score_data__grade", "calculated_data")) == [
        ("A", {"shake": 10.8}),
        ("B", {"shake": 8.4}),
        ("S", {"shake": 4.0}),
    ]
    best = PersonalBest.objects.get(user=user, chart__difficulty="WILD")
    assert (best.score_data["score"], best.score_data["lamp"]) == (900, "CLEAR")
    stats = GameStats.objects.get(user=user)
    assert stats.ratings == {"shake": pytest.approx((10.8 + 4.0) / 10)}
    assert stats.classes == {"ribbon": "WHITE"}
    assert user.sessions.get().calculated_data == {"shake": pytest.approx((10.8 + 8.4 + 4.0) / 3)}

    revert_import(job)
    assert state_of(user)["stats"] == []


def test_a_seed_that_contradicts_the_games_declaration_is_refused(tambourine: Game, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    song = {"id": 2, "title": "Bell", "artist": "", "altTitles": [], "searchTerms": [], "data": {"genre": 5}}
    (folder / "songs-tambourine.json").write_text(json.dumps([song]))

    with pytest.raises(Exception, match="genre"):
        call_command("load_seeds", str(folder), "--keep", verbosity=0)
