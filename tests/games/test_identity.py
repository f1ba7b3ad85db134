"""Score IDs and orphan IDs. The IDs are Tachi's (spec: import-pipeline §6 and §15)."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from imports.games import GAMES, identity, playtype_of
from imports.games.spec import Play, Playtype
from tests.games.factories import play

SDVX = playtype_of("sdvx", "Single")
IIDX = playtype_of("iidx", "SP")


def test_an_iidx_score_has_the_id_of_tachi() -> None:
    given = play(score=786, lamp="FAILED", percent=39.3, grade="D", optional={"bp": 12}, judgements={"pgreat": 3})
    assert (
        identity.score_id(1, "c641238220d73faf82659513ba03bde71b0b45f0", given, IIDX)
        == "Tad4c80d9d15c686f76081238424dceb177ae80f455a6e1cf5e8eaa263ee94867"
    )


@pytest.mark.parametrize("optional", [{}, {"exScore": None}, {"exScore": None, "fast": 12}])
def test_an_absent_optional_metric_of_the_id_counts_as_null(optional: dict[str, Any]) -> None:
    given = play(score=9_500_000, lamp="CLEAR", optional=optional)
    assert (
        identity.score_id(1, "5088a4d0e1ee9d0cc2f625934306e45b1a60699b", given, SDVX)
        == "T4847d4214e94686acdad5bbeddb3f3c2e7be6971a6a3d3f71c1f2be8e720cadb"
    )


@pytest.mark.parametrize(
    ("flat", "score_id"),
    [
        (
            {"chartID": "abc", "lamp": "ALL PERFECT", "percent": 100.5, "userID": 7},
            "T2bc528bacd46c80d43678b39f785a373fc2059ff49cab5c8682f577e0aee31a2",
        ),
        (
            {"userID": 7, "percent": 100.0, "lamp": "FULL COMBO", "chartID": "abc"},
            "Tc1109cfcbc3cf48cd1999438af369d21ba04a2bb8b790a74eb5550035e2310fb",
        ),
    ],
)
def test_ids_are_hashes_of_canonical_json(flat: dict[str, Any], score_id: str) -> None:
    assert "T" + sha256(identity.canonical(flat).encode()).hexdigest() == score_id


def test_an_orphan_has_the_id_of_tachi() -> None:
    data = {
        "matchType": "tachiSongID",
        "identifier": "90000",
        "difficulty": "ANOTHER",
        "score": 500,
        "lamp": "HARD CLEAR",
    }
    context = {"service": "foo", "game": "iidx", "playtype": "SP", "version": None}
    assert (
        identity.orphan_id(1, "file/batch-manual", data, context)
        == "O22bcd6d785b573adf839e654054e486e2225d9e4434f8a69eaa7e369c478f3ef"
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "null"),
        (True, "true"),
        ([1, 2.50, "x", None, []], '[1,2.5,"x",null,[]]'),
        ({"b": 1, "a": {"d": False, "c": -0.0}}, '{"a":{"c":0,"d":false},"b":1}'),
        ({"a": 1, "B": 2, "é": 3, "_": 4}, '{"B":2,"_":4,"a":1,"é":3}'),
        ({"\uffff": 1, "😀": 2}, '{"😀":2,"\uffff":1}'),  # by UTF-16 unit: the surrogate D83D sorts first
        ({}, "{}"),
    ],
)
def test_canonical_json_follows_the_specification(value: Any, written: str) -> None:
    assert identity.canonical(value) == written


def test_values_that_are_not_json_have_no_canonical_form() -> None:
    with pytest.raises(TypeError, match="No JSON value: object"):
        identity.canonical({"a": object()})


def test_a_play_without_a_provided_metric_has_no_id() -> None:
    with pytest.raises(KeyError, match="lamp"):
        identity.score_id(1, "abc", play(score=1), SDVX)


anything = some.one_of(
    some.none(), some.booleans(), some.integers(), some.floats(allow_nan=False), some.text(), some.just("CLEAR")
)


@pytest.mark.parametrize("playtype", [playtype for game in GAMES for playtype in game.playtypes])
@given(data=some.data())
def test_a_score_id_is_the_hash_of_the_canonical_json_of_its_values(data: some.DataObject, playtype: Playtype) -> None:
    """For all values, an ID is the hash of the canonical JSON of the flat object."""
    user, chart_id = data.draw(some.integers(1, 2**40)), data.draw(some.text(max_size=40))
    metrics = {name: data.draw(anything) for name in playtype.provided}
    optional = {name: data.draw(anything) for name in playtype.optional if data.draw(some.booleans())}
    flat = {"userID": user, "chartID": chart_id, **metrics}
    flat |= {f"optional.{n}": optional.get(n) for n, metric in playtype.optional.items() if metric.in_score_id}
    expected = "T" + sha256(identity.canonical(flat).encode()).hexdigest()
    assert identity.score_id(user, chart_id, Play({**metrics, "grade": "S"}, {}, optional), playtype) == expected
