"""The contract of every game: it is listed, its declaration is consistent, and it has test tables."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import imports.games
from imports.games import BY_SLUG, GAMES, judging, playtype_of
from imports.games.spec import (
    OLDEST_RULES,
    ChartRule,
    Derived,
    Game,
    Integer,
    Ladder,
    Merge,
    Play,
    Playtype,
    SessionRating,
    Validator,
)
from tests.games.factories import InvalidPlay, Rated, copy_of

FOLDER = Path(imports.games.__file__).parent
SHARED = {
    "__init__",
    "spec",
    "contradictions",
    "shapes",
    "formulas",
    "volforce",
    "ex_score",
    "be_music",
    "judging",
    "identity",
    "improvements",
    "javascript",
}
ORDER = {  # slug -> its index in Tachi's list
    "iidx": 0,
    "museca": 1,
    "chunithm": 2,
    "bms": 3,
    "gitadora": 4,
    "jubeat": 5,
    "maimai": 6,
    "maimaidx": 7,
    "popn": 8,
    "sdvx": 9,
    "usc": 10,
    "wacca": 11,
    "pms": 12,
    "itg": 13,
    "arcaea": 14,
    "ongeki": 15,
    "ddr": 16,
}

each_game = pytest.mark.parametrize("game", GAMES, ids=lambda game: game.slug)
each_playtype = pytest.mark.parametrize(
    ("game", "playtype"),
    [pytest.param(game, playtype, id=f"{game.slug}:{playtype.name}") for game in GAMES for playtype in game.playtypes],
)


def tables_of(game: Game) -> ModuleType:
    return importlib.import_module(f"tests.games.test_{game.slug}")


# --- the list ---------------------------------------------------------------------------------------


def test_every_file_of_the_folder_is_a_listed_game() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} - SHARED == {game.slug for game in GAMES}


def test_games_are_listed_in_the_order_of_tachi() -> None:
    assert [game.slug for game in GAMES] == sorted(BY_SLUG, key=ORDER.__getitem__)


def test_a_playtype_is_found_by_its_names() -> None:
    assert playtype_of("iidx", "DP").name == "DP"
    with pytest.raises(KeyError):
        playtype_of("iidx", "Single")


@each_game
def test_a_game_s_module_is_named_after_its_slug(game: Game) -> None:
    assert importlib.import_module(f"imports.games.{game.slug}").GAME is game


# --- declarations -----------------------------------------------------------------------------------


@each_playtype
def test_no_range_of_a_metric_is_empty(game: Game, playtype: Playtype) -> None:
    for name, metric in {**playtype.metrics, **playtype.optional}.items():
        rule = None if isinstance(metric, Ladder) else metric.rule
        if rule is not None and rule.low is not None and rule.high is not None:
            assert rule.low < rule.high, name


@each_playtype
def test_class_sets_and_playtypes_are_stored_under_their_names(game: Game, playtype: Playtype) -> None:
    assert all(name == class_set.name for name, class_set in playtype.classes.items())
    assert game.by_name[playtype.name] is playtype


@each_playtype
def test_class_ids_are_unique(game: Game, playtype: Playtype) -> None:
    for class_set in playtype.classes.values():
        assert len(set(class_set.ids)) == len(class_set.ids), class_set.name


@each_playtype
def test_older_rules_have_their_own_validators(game: Game, playtype: Playtype) -> None:
    assert playtype.validators_under(game.rules) == playtype.validators
    for year, validators in playtype.validators_until.items():
        assert year < game.rules
        assert playtype.validators_under(year) == playtype.validators_under(OLDEST_RULES) == validators
        assert playtype.validators_under(year + 1) == playtype.validators


@each_playtype
def test_derived_classes_are_ids_of_their_set_or_none(game: Game, playtype: Playtype) -> None:
    for class_set in playtype.classes.values():
        if class_set.derive is not None:
            assert class_set.derive(dict.fromkeys(playtype.profile_ratings)) is None
            worst = class_set.derive(dict.fromkeys(playtype.profile_ratings, -1.0))
            best = class_set.derive(dict.fromkeys(playtype.profile_ratings, 1e9))
            assert (worst, best) == (class_set.ids[0], class_set.ids[-1])


@each_playtype
def test_grades_rise_with_their_floors(game: Game, playtype: Playtype) -> None:
    assert playtype.ladders["grade"].values == tuple(playtype.grade_floors)


def sdvx_with(**changes: Any) -> Callable[[], Playtype]:
    return lambda: replace(playtype_of("sdvx", "Single"), **changes)


@pytest.mark.parametrize(
    ("nonsense", "message"),
    [
        (sdvx_with(default_metric="percent"), "the default metric 'percent' is not declared"),
        (sdvx_with(default_ladder="score"), "the default ladder 'score' is not declared"),
        (sdvx_with(grade_metric="percent"), "the grades' metric 'percent' is not declared"),
        (sdvx_with(grade_floors={"D": 0, "Z": 5}), "the grade 'Z' is not declared"),
        (sdvx_with(grade_floors={"D": 0, "C": 0}), "the grades' floors do not rise"),
        (sdvx_with(ranked_by=("score", "exScore")), "the ranking metric 'exScore' is not declared"),
        (sdvx_with(sent_as={"XYZ": "ULT"}), "the difficulty that is sent as another 'XYZ' is not declared"),
        (
            sdvx_with(merges=(Merge(name="X", key="lamp", unless=("lampe", "FAILED")),)),
            "the metric that bars a merge 'lampe' is not declared",
        ),
        (
            sdvx_with(optional={"exScore": Integer(), "flare": Ladder(values=("0", "I"), formerly={0: "O"})}),
            "the value that took an older one's place 'O' is not declared",
        ),
        (sdvx_with(merges=(Merge(name="X", key="exScore"),)), "the merge key 'exScore' is not declared"),
        (sdvx_with(merges=(Merge(name="X", key="lamp", takes=("lampe",)),)), "the merged metric 'lampe' is not"),
        (
            sdvx_with(merges=(Merge(name="X", key="lamp", takes_optional=("lamp",)),)),
            "the merged optional metric 'lamp' is not declared",
        ),
        (sdvx_with(default_score_rating="VF5"), "the default score rating 'VF5' is not declared"),
        (sdvx_with(default_session_rating="VF6"), "the default session rating 'VF6' is not declared"),
        (sdvx_with(default_profile_rating="VF5"), "the default profile rating 'VF5' is not declared"),
        (
            sdvx_with(session_ratings={"ProfileVF6": SessionRating("VF5")}),
            "a session rating's score rating 'VF5' is not declared",
        ),
        (sdvx_with(default_difficulty="EASY"), "the default difficulty 'EASY' is not declared"),
        (sdvx_with(optional={"score": Integer()}), "the metric 'score' stands twice"),
        (
            sdvx_with(derived={"grade": Derived(Ladder(values=("D", "D")), lambda _play, _chart: "D")}),
            "the ladder 'grade' has a value twice",
        ),
        (
            sdvx_with(optional={"flare": Ladder(values=("0", "I"), minimum_relevant="X")}),
            "the minimum relevant value 'X' is not declared",
        ),
    ],
)
def test_a_contradictory_declaration_raises_on_import(nonsense: Callable[[], Playtype], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        nonsense()


# --- tables -----------------------------------------------------------------------------------------


@each_playtype
def test_every_score_rating_has_a_row_in_the_test_table(game: Game, playtype: Playtype) -> None:
    rows: list[Rated] = tables_of(game).RATINGS
    assert playtype.score_ratings.keys() == {row.rating for row in rows if row.playtype is playtype}


@each_playtype
def test_every_validator_and_chart_rule_refuses_a_row_of_the_test_table(game: Game, playtype: Playtype) -> None:
    rows: list[InvalidPlay] = [row for row in tables_of(game).REFUSED if row.playtype is playtype]
    for validate in playtype.validators:
        assert any(problem_of(validate, row) for row in rows), validate
    for name, rule in chart_rules(playtype):
        values = [({**row.play.metrics, **row.play.optional}.get(name), row.chart) for row in rows]
        assert any(rule(value, chart) for value, chart in values if value is not None), name


def problem_of(validate: Validator, row: InvalidPlay) -> str | None:
    """Returns a validator's message for a row; None if the row's metrics cannot be derived."""
    given = copy_of(row.play)
    with suppress(*judging.BROKEN):
        judging.derive(given, row.chart, row.playtype)
        return validate(given, row.chart)
    return None


def chart_rules(playtype: Playtype) -> Iterator[tuple[str, ChartRule]]:
    for name, metric in {**playtype.metrics, **playtype.optional}.items():
        rule = getattr(metric, "chart_rule", None)
        if rule is not None:
            yield name, rule


def test_copying_a_play_leaves_the_table_row_unchanged() -> None:
    """`derive` adds to a play, so plays of tables must be copied."""
    given = Play({"score": 1}, {}, {})
    copy_of(given).metrics["grade"] = "D"
    assert given.metrics == {"score": 1}
