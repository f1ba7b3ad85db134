"""BATCH-MANUAL: every refusal with its exact message (spec: import-pipeline §3)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imports.games import GAMES, by_id, chunithm, iidx, sdvx
from imports.games.spec import Game
from tests.formats.factories import (
    DIRECT,
    EVERY_KIND,
    FILE,
    catalogue_of,
    chart,
    converted,
    document,
    every_kind_document,
    failure,
    parse,
    score,
    sent,
    song,
)

NO_OBJECT = "Object does not match structure of schema, expected this location to have an object."
MATCH_TYPES = (
    "songTitle, tachiSongID, bmsChartHash, gcmInGameIDSpecialChart, itgChartHash, sdvxInGameID, arcaeaInGameStrID, "
    "inGameID, inGameStrID, uscChartHash, "
    "popnChartHash, ddrSongHash"
)
TIME = "Expected a number greater than 1 Trillion - did you pass unix seconds instead of milliseconds?"
LAMPS = ", ".join(sdvx.LAMP.values)
SLUGS = ", ".join(each.slug for each in GAMES)
IDS = ", ".join(by_id(GAMES))
DANS = ", ".join(sdvx.GAME.playtypes[0].classes["dan"].ids)

# --- the document ---------------------------------------------------------------------------------------

NO_GAME = "Could not retrieve meta.game - is this valid BATCH-MANUAL?"

DOCUMENTS: list[tuple[Any, str]] = [
    ("null", "Invalid BATCH-MANUAL (Not an object, received null.)"),
    (" 1.5 ", "Invalid BATCH-MANUAL (Not an object, received number.)"),
    ('"{}"', "Invalid BATCH-MANUAL (Not an object, received string.)"),
    ("false", "Invalid BATCH-MANUAL (Not an object, received boolean.)"),
    ("[]", NO_GAME),
    ({}, NO_GAME),
    ({"meta": None}, NO_GAME),
    ({"meta": [1]}, NO_GAME),
    ({"meta": "game"}, NO_GAME),
    ({"meta": {"playtype": "Single"}}, NO_GAME),
    ({"meta": {"game": None}}, f"Invalid game 'null'. It must be one of {IDS}."),
    ({"meta": {"game": "nonsense"}}, f"Invalid game 'nonsense'. It must be one of {IDS}."),
    ({"meta": {"game": "iidx"}}, f"Invalid game 'iidx'. It must be one of {IDS}."),
    ({"meta": {"game": "IIDX-SP"}}, f"Invalid game 'IIDX-SP'. It must be one of {IDS}."),
    ({"meta": {"game": ["sdvx"]}}, f"Invalid game 'sdvx'. It must be one of {IDS}."),
    (document(meta={"game": "iidx-sp", "playtype": "SP"}), f"Invalid game group 'iidx-sp' - expected any of {SLUGS}."),
    (document(meta={"playtype": None}), "Invalid playtype 'null' - expected any of Single."),
    (document(meta={"game": "SDVX"}), f"Invalid game group 'SDVX' - expected any of {SLUGS}."),
    (document(meta={"game": None}), f"Invalid game group 'null' - expected any of {SLUGS}."),
    (document(meta={"game": 1e21}), f"Invalid game group '1e+21' - expected any of {SLUGS}."),
    (document(meta={"game": ["sdvx"]}), f"Invalid game group 'sdvx' - expected any of {SLUGS}."),
    (document(meta={"game": [None, [1, {}]]}), f"Invalid game group ',1,[object Object]' - expected any of {SLUGS}."),
    (document(meta={"playtype": "SP"}), "Invalid playtype 'SP' - expected any of Single."),
    (document(meta={"playtype": True}), "Invalid playtype 'true' - expected any of Single."),
    (document(meta={"game": "iidx"}), "Invalid playtype 'Single' - expected any of SP, DP."),
]


@pytest.mark.parametrize("source", [FILE, DIRECT], ids=["file", "direct"])
@pytest.mark.parametrize(("content", "message"), DOCUMENTS)
def test_a_document_must_name_its_game(source: Any, content: Any, message: str) -> None:
    assert failure(content, source) == message


def test_a_document_may_only_name_enabled_games() -> None:
    offered = [chunithm.GAME, iidx.GAME]
    message = failure(document(), games=offered)
    assert message == "Invalid game group 'sdvx' - expected any of chunithm, iidx."
    message = failure(document(meta={"playtype": ...}), games=offered)
    assert message == "Invalid game 'sdvx'. It must be one of chunithm, iidx-sp, iidx-dp."


@pytest.mark.parametrize("source", [FILE, DIRECT], ids=["file", "direct"])
@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.slug)
def test_both_forms_of_meta_give_the_same_context(source: Any, game: Game) -> None:
    facts = {"service": "Tests", "version": None}
    for name in game.by_name:
        older = parse({"meta": {"game": game.slug, "playtype": name, **facts}, "scores": []}, source)
        newer = parse({"meta": {"game": game.ids[name], **facts}, "scores": []}, source)
        assert newer.context == older.context


def test_unknown_members_of_either_form_of_meta_are_refused() -> None:
    for meta in ({"game": "iidx-sp"}, {"game": "iidx", "playtype": "SP"}):
        message = failure({"meta": {**meta, "service": "Tests", "x": 1}, "scores": []})
        assert message == "Invalid BATCH-MANUAL: meta | Unexpected properties inside object: x.."


SERVICE = "Expected a string with length between 3 and 60."

PARTS: list[tuple[dict[str, Any], str]] = [
    (document(meta={"service": "a"}), f"meta.service | {SERVICE} | Received a [type: string]."),
    (document(meta={"service": ...}), f"meta.service | {SERVICE} | Received undefined [type: undefined]."),
    (document(meta={"service": {}}), f"meta.service | {SERVICE}."),
    (document(meta={"service": "𝄞" * 31}), f"meta.service | {SERVICE} | Received {'𝄞' * 31} [type: string]."),
    (document(meta={"version": 5}), "meta.version | Expected *?string, null or no value. | Received 5 [type: number]."),
    (document(meta={"version": []}), "meta.version | Expected *?string, null or no value.."),
    (document(meta={"b": 1, "10": 1, "9": 1}), "meta | Unexpected properties inside object: 9, 10, b.."),
    (document(meta={"service": "a", "x": 1}), f"meta.service | {SERVICE} | Received a [type: string]."),
    (document(scores=...), "scores | Value was not an array. | Received undefined [type: undefined]."),
    (document(scores=None), "scores | Value was not an array. | Received null [type: null]."),
    (document(scores="x"), "scores | Value was not an array. | Received x [type: string]."),
    (document(scores=-0.5), "scores | Value was not an array. | Received -0.5 [type: number]."),
    (document(scores={"0": score()}), "scores | Value was not an array.."),
    (document(classes=1), f"classes | {NO_OBJECT} | Received 1 [type: number]."),
    (document(classes={"dan": "DAN_99"}), f"classes.dan | Expected any of {DANS}. | Received DAN_99 [type: string]."),
    (document(classes={"dan": 3}), f"classes.dan | Expected any of {DANS}. | Received 3 [type: number]."),
    (document(classes={"vfClass": "CORAL_I"}), "classes | Unexpected properties inside object: vfClass.."),
    (document(classes=["DAN_1"]), "classes | Unexpected properties inside object: 0.."),
    (document(x=1), "null | Unexpected properties inside object: x.."),
    (document(**{"b": 1, "a": 1}), "null | Unexpected properties inside object: b, a.."),
    (document(x=1, classes={"vfClass": 1}), "classes | Unexpected properties inside object: vfClass.."),
    (document(5, classes={"vfClass": 1}), f"scores[0] | {NO_OBJECT} | Received 5 [type: number]."),
]


@pytest.mark.parametrize(("content", "message"), PARTS, ids=[message for _, message in PARTS])
def test_a_failure_names_the_first_invalid_part(content: Any, message: str) -> None:
    """The order is meta, scores, classes, other parts."""
    assert failure(content) == f"Invalid BATCH-MANUAL: {message}"


# --- scores ---------------------------------------------------------------------------------------------

COMMENT = "Expected a string with length between 3 and 240."
STRING = "Expected *?string, null or no value."

SCORES: list[tuple[Any, str]] = [
    (None, f" | {NO_OBJECT} | Received null [type: null]."),
    ("x", f" | {NO_OBJECT} | Received x [type: string]."),
    ([], ".score | Expected an integer. | Received undefined [type: undefined]."),
    ({}, ".score | Expected an integer. | Received undefined [type: undefined]."),
    (score(score=1.5), ".score | Expected an integer. | Received 1.5 [type: number]."),
    (score(score="100"), ".score | Expected an integer. | Received 100 [type: string]."),
    (score(score=True), ".score | Expected an integer. | Received true [type: boolean]."),
    (score(score=[1]), ".score | Expected an integer.."),
    (score(score=2**53), ".score | Expected an integer. | Received 9007199254740992 [type: number]."),
    (score(score=2**53 + 1), ".score | Expected an integer. | Received 9007199254740992 [type: number]."),
    (score(score=10**21), ".score | Expected an integer. | Received 1e+21 [type: number]."),
    (score(score=1e-7), ".score | Expected an integer. | Received 1e-7 [type: number]."),
    (score(score=-1), ".score | Expected a number between 0 and 10000000. | Received -1 [type: number]."),
    (
        score(score=10_000_001),
        ".score | Expected a number between 0 and 10000000. | Received 10000001 [type: number].",
    ),
    (score(lamp=...), f".lamp | Expected any of {LAMPS}. | Received undefined [type: undefined]."),
    (score(lamp="clear"), f".lamp | Expected any of {LAMPS}. | Received clear [type: string]."),
    (score(lamp=["CLEAR"]), f".lamp | Expected any of {LAMPS}.."),
    (score(matchType="x"), f".matchType | Expected any of {MATCH_TYPES}. | Received x [type: string]."),
    (score(identifier=12), ".identifier | Expected string. | Received 12 [type: number]."),
    (score(identifier=None), ".identifier | Expected string. | Received null [type: null]."),
    (score(comment="ab"), f".comment | {COMMENT} | Received ab [type: string]."),
    (score(comment=""), f".comment | {COMMENT} | Received  [type: string]."),
    (score(comment="x" * 241), f".comment | {COMMENT} | Received {'x' * 241} [type: string]."),
    (score(comment="😀" * 121), f".comment | {COMMENT} | Received {'😀' * 121} [type: string]."),
    (score(difficulty=3), f".difficulty | {STRING} | Received 3 [type: number]."),
    (score(artist=False), f".artist | {STRING} | Received false [type: boolean]."),
    (score(timeAchieved=1_700_000_000), f".timeAchieved | {TIME} | Received 1700000000 [type: number]."),
    (score(timeAchieved=10**12), f".timeAchieved | {TIME} | Received 1000000000000 [type: number]."),
    (score(timeAchieved=-1), f".timeAchieved | {TIME} | Received -1 [type: number]."),
    (score(timeAchieved="2023-01-01"), f".timeAchieved | {TIME} | Received 2023-01-01 [type: string]."),
    (score(timeAchieved=False), f".timeAchieved | {TIME} | Received false [type: boolean]."),
    (score(judgements="x"), ".judgements | Not a valid object. | Received x [type: string]."),
    (score(judgements={"x": 1}), ".judgements | Invalid Key x. Expected any of critical, near, miss."),
    (score(judgements=[5]), ".judgements | Invalid Key 0. Expected any of critical, near, miss."),
    (score(judgements={"near": -1}), ".judgements | Key near had an invalid value of -1 [type: number]."),
    (score(judgements={"near": 1.5}), ".judgements | Key near had an invalid value of 1.5 [type: number]."),
    (score(judgements={"near": {}}), ".judgements | Key near had an invalid value of [object Object] [type: object]."),
    (score(judgements={"near": "5", "7": 1}), ".judgements | Invalid Key 7. Expected any of critical, near, miss."),
    (score(optional="x"), f".optional | {NO_OBJECT} | Received x [type: string]."),
    (score(optional=[]), f".optional | {NO_OBJECT}."),  # Tachi accepts it here and crashes on it later
    (score(optional=[1, 2]), ".optional | Unexpected properties inside object: 0, 1.."),
    (score(optional={"x": 1, "fast": "5"}), ".optional.fast | Expected an integer. | Received 5 [type: string]."),
    (score(optional={"x": 1}), ".optional | Unexpected properties inside object: x.."),
    (score(optional={"slow": -1}), ".optional.slow | Expected a positive integer. | Received -1 [type: number]."),
    (score(optional={"gauge": "1"}), ".optional.gauge | Expected number. | Received 1 [type: string]."),
    (
        score(optional={"gauge": 100.5}),
        ".optional.gauge | Expected a number between 0 and 100. | Received 100.5 [type: number].",
    ),
    (score(hitMeta={"slow": None, "fast": ""}), ".hitMeta.fast | Expected an integer. | Received  [type: string]."),
    (score(hitMeta=[]), f".hitMeta | {NO_OBJECT}."),
    (score(grade="S"), " | Unexpected properties inside object: grade.."),
    (score(foo=1, bar=2), " | Unexpected properties inside object: foo, bar.."),
    (score(foo=1, artist=1), f".artist | {STRING} | Received 1 [type: number]."),
]


@pytest.mark.parametrize(("row", "message"), SCORES, ids=[message[:90] for _, message in SCORES])
def test_a_failure_names_the_first_invalid_member_of_a_score(row: Any, message: str) -> None:
    assert failure(document(row)) == f"Invalid BATCH-MANUAL: scores[0]{message}"
    assert failure(document(score(), score(), row, None)) == f"Invalid BATCH-MANUAL: scores[2]{message}"


def test_members_are_checked_in_the_order_of_the_specification() -> None:
    """Each time the first invalid member is corrected, the next one is reported."""
    order = (
        "score lamp matchType identifier comment difficulty artist timeAchieved judgements optional hitMeta scoreMeta"
    )
    wrong: dict[str, Any] = dict.fromkeys(reversed(order.split()), False)
    reported = []
    while wrong:
        name = failure(document({**score(), **wrong})).split(" | ")[0].rpartition(".")[2]
        reported.append(name)
        del wrong[name]
    assert reported == order.split()


def test_errors_of_score_meta_are_reported_as_json() -> None:
    row = {"score": 1, "lamp": "CLEAR", "matchType": "inGameID", "identifier": "1", "scoreMeta": {"range": 5, "x": "é"}}
    message = failure({"meta": {"game": "iidx", "playtype": "SP", "service": "abc"}, "scores": [row]})
    start = "Invalid BATCH-MANUAL: scores[0].scoreMeta | "
    assert message.startswith(start + '[\n  {\n    "expected": "\'NONE\' | ')
    issues = json.loads(message.removeprefix(start).removesuffix("."))
    assert [issue["code"] for issue in issues] == ["invalid_type", "unrecognized_keys"]
    with_value = failure(document(score(scoreMeta=True)))
    assert with_value.endswith(
        '"message": "Expected object, received boolean"\n  }\n] | Received true [type: boolean].'
    )


EVERY: list[tuple[dict[str, Any], str]] = [
    ({"score": -5.5}, ".score | Expected an integer. | Received -5.5 [type: number]."),
    ({"percent": "5"}, ".percent | Expected number. | Received 5 [type: string]."),
    ({"percent": 100.6}, ".percent | Expected a number between 0 and 100.5. | Received 100.6 [type: number]."),
    ({"curve": 5}, ".curve | Value was not an array. | Received 5 [type: number]."),
    ({"curve": {}}, ".curve | Value was not an array.."),
    ({"curve": [1, None]}, ".curve[1] | Expected number. | Received null [type: null]."),
    ({"curve": [1, 2, 11, "x"]}, ".curve[2] | Expected a number between 0 and 10. | Received 11 [type: number]."),
    ({"optional": {"life": [None, "1"]}}, ".optional.life[1] | Expected ?number or null. | Received 1 [type: string]."),
    (
        {"optional": {"life": [None, -1]}},
        ".optional.life[1] | Expected a number between 0 and 10. | Received -1 [type: number].",
    ),
    ({"optional": {"flare": 1}}, ".optional.flare | Expected any of I, II. | Received 1 [type: number]."),
    ({"optional": {"whole": 1.5}}, ".optional.whole | Expected a whole one. | Received 1.5 [type: number]."),
    ({"judgements": {"great": 1}}, ".judgements | Invalid Key great. Expected any of fantastic+, class, _."),
]


@pytest.mark.parametrize(("members", "message"), EVERY, ids=[message for _, message in EVERY])
def test_invalid_metrics_of_every_kind_have_their_messages(members: dict[str, Any], message: str) -> None:
    content = every_kind_document(members)
    assert failure(content, games=[EVERY_KIND]) == f"Invalid BATCH-MANUAL: scores[0]{message}"


def test_metrics_of_every_kind_are_read() -> None:
    members = {
        "score": -5,
        "percent": 100,
        "curve": [0, 9.5, 10.0],
        "judgements": {"fantastic+": 5, "class": None, "_": 3.0},
        "optional": {"life": [None, 1], "flare": "II", "whole": 9.0, "any": -1e300},
    }
    content = every_kind_document(members)
    parsed = parse(content, games=[EVERY_KIND])
    assert sent(parsed) == content["scores"]
    [draft] = converted(parsed, catalogue_of("every", [song(1)], [chart("c", data={"inGameID": 1})]))
    assert draft.play.metrics == {"score": -5, "percent": 100, "curve": [0, 9.5, 10], "lamp": "LOW"}
    assert list(draft.play.metrics) == ["score", "percent", "curve", "lamp"]
    assert draft.play.judgements == members["judgements"]
    assert draft.play.optional == members["optional"]


def test_a_failure_names_the_replacement_of_an_obsolete_member() -> None:
    row = {"matchType": "inGameID", "identifier": "1", "difficulty": "MASTER", "score": 1, "lamp": "CLEAR"}
    lamps = {"noteLamp": "NONE", "clearLamp": "CLEAR"}
    meta = {"game": "chunithm", "playtype": "Single", "service": "abc"}
    hint = "(lamp became noteLamp and clearLamp.)"
    for given, expected in (
        (row, "noteLamp | Expected any of"),
        (row | lamps, "Unexpected properties inside object: lamp"),
    ):
        message = failure({"meta": meta, "scores": [given]})
        assert expected in message
        assert message.endswith(f". {hint}")
