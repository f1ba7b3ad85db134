"""BATCH-MANUAL word by word: what is refused and how, what is accepted and as what (spec: import-pipeline §3)."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from imports.errors import ImportFailed, ProblemType, RowProblem
from imports.formats import batch_manual, json_document
from imports.games import GAMES, chunithm, iidx, sdvx
from tests.formats.build import (
    DIRECT,
    EVERY_KIND,
    FILE,
    NOW,
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
    told,
)

NO_OBJECT = "Object does not match structure of schema, expected this location to have an object."
MATCH_TYPES = (
    "songTitle, tachiSongID, bmsChartHash, itgChartHash, sdvxInGameID, inGameID, inGameStrID, uscChartHash, "
    "popnChartHash, ddrSongHash"
)
TIME = "Expected a number greater than 1 Trillion - did you pass unix seconds instead of milliseconds?"
LAMPS = ", ".join(sdvx.LAMP.values)
SLUGS = ", ".join(each.slug for each in GAMES)
DANS = ", ".join(sdvx.GAME.playtypes[0].classes["dan"].ids)

# --- the document ---------------------------------------------------------------------------------------

NO_GAME = "Could not retrieve meta.game - is this valid BATCH-MANUAL?"
NO_PLAYTYPE = "Could not retrieve meta.playtype - is this valid BATCH-MANUAL?"

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
    ({"meta": {"game": None}}, NO_PLAYTYPE),
    ({"meta": {"game": "nonsense"}}, NO_PLAYTYPE),
    (document(meta={"game": "SDVX"}), f"Invalid game 'SDVX' - expected any of {SLUGS}."),
    (document(meta={"game": None}), f"Invalid game 'null' - expected any of {SLUGS}."),
    (document(meta={"game": 1e21}), f"Invalid game '1e+21' - expected any of {SLUGS}."),
    (document(meta={"game": ["sdvx"]}), f"Invalid game 'sdvx' - expected any of {SLUGS}."),
    (document(meta={"game": [None, [1, {}]]}), f"Invalid game ',1,[object Object]' - expected any of {SLUGS}."),
    (document(meta={"playtype": "SP"}), "Invalid playtype 'SP' - expected any of Single."),
    (document(meta={"playtype": True}), "Invalid playtype 'true' - expected any of Single."),
    (document(meta={"game": "iidx"}), "Invalid playtype 'Single' - expected any of SP, DP."),
]


@pytest.mark.parametrize("source", [FILE, DIRECT], ids=["file", "direct"])
@pytest.mark.parametrize(("content", "message"), DOCUMENTS)
def test_a_document_must_name_its_game(source: Any, content: Any, message: str) -> None:
    assert failure(content, source) == message


def test_only_the_games_of_this_instance_exist() -> None:
    message = failure(document(), games=[chunithm.GAME, iidx.GAME])
    assert message == "Invalid game 'sdvx' - expected any of chunithm, iidx."


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
def test_the_first_wrong_part_is_named(content: Any, message: str) -> None:
    """In the order meta, scores, classes, other parts."""
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
    (score(optional=[]), f".optional | {NO_OBJECT}."),  # the original lets it through here and crashes over it later
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
def test_the_first_wrong_member_of_a_score_is_named(row: Any, message: str) -> None:
    assert failure(document(row)) == f"Invalid BATCH-MANUAL: scores[0]{message}"
    assert failure(document(score(), score(), row, None)) == f"Invalid BATCH-MANUAL: scores[2]{message}"


def test_members_are_judged_in_the_order_of_the_specification() -> None:
    """Each time the first wrong member is put right, the next one is told."""
    order = (
        "score lamp matchType identifier comment difficulty artist timeAchieved judgements optional hitMeta scoreMeta"
    )
    wrong: dict[str, Any] = dict.fromkeys(reversed(order.split()), False)
    told_of = []
    while wrong:
        name = failure(document({**score(), **wrong})).split(" | ")[0].rpartition(".")[2]
        told_of.append(name)
        del wrong[name]
    assert told_of == order.split()


def test_score_meta_is_worded_as_json() -> None:
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
def test_metrics_of_every_kind_are_worded(members: dict[str, Any], message: str) -> None:
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
    assert draft.play.metrics == {"score": -5, "percent": 100, "curve": [0, 9.5, 10], "lamp": "LOW"}  # type: ignore[union-attr]
    assert list(draft.play.metrics) == ["score", "percent", "curve", "lamp"]  # type: ignore[union-attr]
    assert draft.play.judgements == members["judgements"]  # type: ignore[union-attr]
    assert draft.play.optional == members["optional"]  # type: ignore[union-attr]


# --- what is accepted -------------------------------------------------------------------------------------

ACCEPTED: list[dict[str, Any]] = [
    score(score=0),
    score(score=10_000_000),
    score(comment="abc"),
    score(comment="x" * 240),
    score(comment="😀" * 120),
    score(comment="😀😀"),  # four UTF-16 units
    score(
        comment=None, difficulty=None, artist=None, timeAchieved=None, judgements=None, optional=None, scoreMeta=None
    ),
    score(difficulty=..., artist=""),
    score(difficulty="", identifier=""),
    score(difficulty="anything"),
    score(matchType="popnChartHash"),  # it fails later, with words of its own
    score(timeAchieved=0),
    score(timeAchieved=1_000_000_000_001),
    score(timeAchieved=1_600_000_000_000.5),
    score(timeAchieved=1e300),
    score(judgements={}),
    score(judgements=[]),
    score(judgements={"miss": 2**53 - 1, "critical": None}),
    score(optional={}),
    score(optional={"fast": None, "gauge": 0.1}, hitMeta={"slow": 1}),
    score(scoreMeta={}),
]


@pytest.mark.parametrize("row", ACCEPTED, ids=[f"{index}" for index in range(len(ACCEPTED))])
def test_near_misses_are_accepted_and_kept_as_sent(row: dict[str, Any]) -> None:
    assert sent(parse(document(row))) == [row]
    assert sent(parse(document(row, score(score=5.0)))) == [row, score(score=5)]  # the exact way agrees


@pytest.mark.parametrize("number", ["900000.0", "9e5", "9.0E+5", "900000"])
def test_an_integer_may_be_written_as_a_fraction(number: str) -> None:
    [row] = parse(json.dumps(document(score(score=...))).replace('"lamp"', f'"score": {number}, "lamp"')).rows
    assert row.score == 900_000
    assert type(row.score) is int


@pytest.mark.parametrize("number", ["-0", "-0.0", "-0e5"])
def test_minus_zero_is_zero(number: str) -> None:
    [row] = parse(json.dumps(document(score(score="@"))).replace('"@"', number)).rows
    assert (row.score, str(row.score)) == (0, "0")


def test_of_duplicate_keys_the_last_one_wins() -> None:
    text = (
        '{"meta": 1, "scores": [1], "meta": {"game": "osu", "game": "sdvx", "playtype": "Single", "service": "abc"},'
        ' "scores": [{"score": "x", "score": 1, "lamp": "CLEAR", "matchType": "songTitle", "identifier": "a"}]}'
    )
    expected = {"score": 1, "lamp": "CLEAR", "matchType": "songTitle", "identifier": "a"}
    assert sent(parse(text)) == [expected]


def test_no_scores_at_all_are_legal() -> None:
    assert parse(document()).rows == []
    assert parse(document(scores=[], classes={"dan": "INF"})).classes == {"dan": "INF"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (..., None),
        (None, None),
        ({}, {}),
        ([], {}),
        ({"dan": None}, {}),
        ({"dan": "DAN_1"}, {"dan": "DAN_1"}),
    ],
)
def test_classes_are_those_that_were_given(given: Any, kept: Any) -> None:
    assert parse(document(classes=given)).classes == kept


@pytest.mark.parametrize(("given", "kept"), [(..., None), (None, None), ("", None), ("exceed", "exceed"), ("?", "?")])
def test_an_empty_version_is_none(given: Any, kept: Any) -> None:
    assert parse(document(meta={"version": given})).context.version == kept


def test_the_context_is_kept_as_it_is_hashed() -> None:
    parsed = parse(document(meta={"version": "exceed"}), DIRECT)
    assert parsed.context.as_sent() == {
        "game": "sdvx",
        "playtype": "Single",
        "service": "Arcade",
        "version": "exceed",
    }
    assert parsed.context.import_type == "ir/direct-manual"


# --- converting -------------------------------------------------------------------------------------------

CATALOGUE = catalogue_of("sdvx", [song(1)], [chart("c1", data={"inGameID": 1})])

CONVERTED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"timeAchieved": 0}, {"time_achieved": None}),
    ({"timeAchieved": -0.0}, {"time_achieved": None}),
    ({"timeAchieved": None}, {"time_achieved": None}),
    ({"timeAchieved": 1_600_000_000_000.5}, {"time_achieved": 1_600_000_000_000.5}),
    ({"comment": "Nice!"}, {"comment": "Nice!"}),
    ({"judgements": None}, {"judgements": {}}),
    ({"judgements": []}, {"judgements": {}}),
    ({"judgements": {"miss": None, "near": 2}}, {"judgements": {"miss": None, "near": 2}}),
    ({"optional": {"fast": None}}, {"optional": {"fast": None}}),
    ({"optional": {}, "hitMeta": {"fast": 1}}, {"optional": {}}),
    ({"optional": {"slow": 1}, "hitMeta": {"fast": 1}}, {"optional": {"slow": 1}}),
    ({"optional": None, "hitMeta": {"fast": 1}}, {"optional": {"fast": 1}}),
    ({"hitMeta": {"fast": 1}}, {"optional": {"fast": 1}}),
    ({"optional": None, "hitMeta": None}, {"optional": {}}),
]


@pytest.mark.parametrize(("members", "expected"), CONVERTED)
def test_a_row_becomes_a_draft(members: dict[str, Any], expected: dict[str, Any]) -> None:
    [draft] = converted(parse(document(score(**members))), CATALOGUE)
    assert not isinstance(draft, RowProblem)
    made = {
        "metrics": draft.play.metrics,
        "judgements": draft.play.judgements,
        "optional": draft.play.optional,
        "score_meta": draft.score_meta,
        "comment": draft.comment,
        "time_achieved": draft.time_achieved,
    }
    plain: dict[str, Any] = {"judgements": {}, "optional": {}, "score_meta": {}, "comment": None, "time_achieved": None}
    assert made == {"metrics": {"score": 9_000_000, "lamp": "CLEAR"}} | plain | expected


def test_drafts_share_nothing_that_judging_changes() -> None:
    first, second = converted(parse(document(score(), score())), CATALOGUE)
    assert not isinstance(first, RowProblem)
    assert not isinstance(second, RowProblem)
    assert first.play.metrics is not second.play.metrics


def test_a_row_without_a_chart_keeps_the_datapoint_as_it_was_sent() -> None:
    lost = score(identifier="404", comment=None, optional={"fast": None})
    [draft, problem] = converted(parse(document(score(), lost)), CATALOGUE)
    assert draft.row == 0
    assert isinstance(problem, RowProblem)
    assert (problem.row, problem.type, problem.datapoint) == (1, ProblemType.NOT_FOUND, lost)


# --- inferring the time -----------------------------------------------------------------------------------

MANY = "Cannot use X-Infer-Score-TimeAchieved with multiple scores in your import."
SET = "Cannot use X-Infer-Score-Timestamp if the importing score already has a timeAchieved set."


@pytest.mark.parametrize("given", [..., None, 0])
def test_the_time_is_inferred_where_none_is_given(given: Any) -> None:
    parsed = parse(document(score(timeAchieved=given)), infer_time_achieved=True)
    assert sent(parsed) == [score(timeAchieved=NOW)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (document(score(), score()), MANY),
        (document(score(timeAchieved=1_600_000_000_000)), SET),
        (document(), "Cannot use X-Infer-Score-TimeAchieved without a score in your import."),
        (document(score(score=-1), score()), None),
        (document(score(), score(), x=1), "Invalid BATCH-MANUAL: null | Unexpected properties inside object: x.."),
    ],
)
def test_the_time_is_inferred_for_one_score_only(content: Any, message: str | None) -> None:
    """The schema comes first."""
    found = failure(content, infer_time_achieved=True)
    assert found == message or (message is None and found.startswith("Invalid BATCH-MANUAL: scores[0].score"))


# --- skipping invalid rows --------------------------------------------------------------------------------


def test_invalid_rows_can_be_skipped() -> None:
    rows = [score(), score(score=-1), None, score(judgements={"x": 1}), score(comment="hello")]
    parsed = parse(document(*rows), skip_invalid=True)
    negative = "Expected a number between 0 and 10000000. | Received -1 [type: number]."
    assert sent(parsed) == [
        rows[0],
        f"Invalid BATCH-MANUAL: scores[1].score | {negative}",
        f"Invalid BATCH-MANUAL: scores[2] | {NO_OBJECT} | Received null [type: null].",
        "Invalid BATCH-MANUAL: scores[3].judgements | Invalid Key x. Expected any of critical, near, miss.",
        rows[4],
    ]
    problems = [row for row in parsed.rows if isinstance(row, RowProblem)]
    assert [(problem.row, problem.type, problem.datapoint) for problem in problems] == [
        (index, ProblemType.INVALID, rows[index]) for index in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (document(score(score=-1), meta={"service": ""}), f"meta.service | {SERVICE} | Received  [type: string]."),
        (document(score(score=-1), classes=[1]), "classes | Unexpected properties inside object: 0.."),
        (document(scores=None), "scores | Value was not an array. | Received null [type: null]."),
        (document(score(score=-1), x=1), "null | Unexpected properties inside object: x.."),
    ],
)
def test_violations_outside_of_scores_are_never_skipped(content: Any, message: str) -> None:
    assert failure(content, skip_invalid=True) == f"Invalid BATCH-MANUAL: {message}"


def test_a_file_of_nothing_but_nonsense_is_not_skipped_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_manual, "MAX_SKIPPED", 3)
    assert len(parse(document(1, 1, 1), skip_invalid=True).rows) == 3
    message = failure(document(1, 1, 1, 1), skip_invalid=True)
    assert re.fullmatch(r"More than \d+ scores are invalid. None was imported.", message)


# --- text and numbers that cannot be stored -----------------------------------------------------------------

UNSTORABLE = "Text must not contain NUL characters or lone surrogates."

UNSTORABLE_DOCUMENTS: list[tuple[Any, str]] = [
    (document(score(), score(comment="a\0bc")), "scores[1].comment"),
    (document(score(comment="abc\ud800")), "scores[0].comment"),
    (document(score(identifier="\udc00\ud800")), "scores[0].identifier"),
    (document(score(optional={"\0": 1})), "scores[0].optional"),
    (document(score(x=[1, {"y": ["\0"]}])), "scores[0].x[1].y[0]"),
    (document(meta={"service": "abc\0"}), "meta.service"),
    (document(meta={"game": ["\ud800"]}), "meta.game[0]"),
    (document(classes={"dan": "\0"}), "classes.dan"),
    (document(scores="\0"), "scores"),
    (document(**{"a\0": 1}), "null"),
    ("\0", "null"),
]


@pytest.mark.parametrize(("content", "path"), UNSTORABLE_DOCUMENTS, ids=[path for _, path in UNSTORABLE_DOCUMENTS])
def test_text_that_cannot_be_stored_is_refused_by_its_place(content: Any, path: str) -> None:
    escaped = json.dumps(content, ensure_ascii=True)
    assert failure(escaped) == f"Invalid BATCH-MANUAL: {path} | {UNSTORABLE}"


@pytest.mark.parametrize("comment", [r"not \u0000 at all", r"nor \ud800", "😀 a whole pair"])
def test_what_only_looks_like_such_text_is_kept(comment: str) -> None:
    for ensure_ascii in (True, False):
        assert sent(parse(json.dumps(document(score(comment=comment)), ensure_ascii=ensure_ascii))) == [
            score(comment=comment)
        ]


def test_a_skipped_row_with_such_text_is_kept_with_replacement_characters() -> None:
    escaped = json.dumps(document(score(comment="a\0b"), score(comment="\ud800c😀")), ensure_ascii=True)
    parsed = parse(escaped, skip_invalid=True)
    assert [told(row)[1] for row in parsed.rows] == [
        f"Invalid BATCH-MANUAL: scores[{index}].comment | {UNSTORABLE}" for index in (0, 1)
    ]
    assert [row.datapoint["comment"] for row in parsed.rows] == ["a\ufffdb", "\ufffdc😀"]


NUMBERS = [
    ("score", "1e999", "Expected an integer. | Received Infinity [type: number]."),
    ("score", "-" + "9" * 5_000, "Expected an integer. | Received -Infinity [type: number]."),
    ("score", "12345678901234567890", "Expected an integer. | Received 12345678901234567000 [type: number]."),
    ("timeAchieved", "1e999", "Expected a number that fits into 64 bits. | Received Infinity [type: number]."),
    ("timeAchieved", "9" * 5_000, "Expected a number that fits into 64 bits. | Received Infinity [type: number]."),
]


@pytest.mark.parametrize(("name", "number", "message"), NUMBERS, ids=[f"{n} {d[:9]}" for n, d, _ in NUMBERS])
def test_numbers_beyond_a_double_are_refused(name: str, number: str, message: str) -> None:
    text = json.dumps(document(score(**{name: "@"}))).replace('"@"', number)
    assert failure(text) == f"Invalid BATCH-MANUAL: scores[0].{name} | {message}"


# --- limits -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["identifier", "difficulty", "artist"])
def test_texts_of_any_sensible_length_are_taken(name: str) -> None:
    """Lengths count in UTF-16 units."""
    for text in ("x" * 5_000, "😀" * 2_500):
        assert sent(parse(document(score(**{name: text})))) == [score(**{name: text})]
    for text in ("x" * 5_001, "😀" * 2_501):
        said = failure(document(score(**{name: text})))
        assert said.startswith(
            f"Invalid BATCH-MANUAL: scores[0].{name} | Expected a string of at most 5000 characters."
        )


def test_messages_are_cut() -> None:
    said = failure(document(score(comment="x" * 1_000_000)))
    assert said.startswith(f"Invalid BATCH-MANUAL: scores[0].comment | {COMMENT} | Received xxx")
    assert len(said) == batch_manual.MAX_MESSAGE + 1
    assert len(failure(document(meta={"game": "x" * 1_000_000}))) == batch_manual.MAX_MESSAGE + 1


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (document(score(), score(comment="x" * json_document.MAX_PART)), "scores[1]"),
        (document(meta={"service": "x" * json_document.MAX_PART}), "meta"),
        (document(classes={"dan": "x" * json_document.MAX_PART}), "classes"),
        (document(scores="x" * json_document.MAX_PART), "scores"),
    ],
)
def test_no_part_may_be_too_long(content: Any, path: str) -> None:
    assert failure(content) == f"Invalid BATCH-MANUAL: {path} | Longer than 1 MiB."


def test_too_many_unknown_parts_are_not_listed() -> None:
    said = failure(document(**{f"k{index}": "x" * 100 for index in range(12_000)}))
    assert said == "Invalid BATCH-MANUAL: null | Unexpected properties inside object.."


@pytest.mark.parametrize("levels", [33, 100, 900, 2_000, 100_000])
@pytest.mark.parametrize("place", ["meta", "score", "optional", "classes", "other"])
def test_no_depth_can_hurt(place: str, levels: int) -> None:
    deep = "[" * levels + "]" * levels
    contents = {
        "meta": document(meta={"game": "@"}),
        "score": document("@"),
        "optional": document(score(optional={"fast": "@"})),
        "classes": document(classes={"dan": "@"}),
        "other": document(x="@"),
    }
    text = json.dumps(contents[place]).replace('"@"', deep)
    for skip_invalid in (False, True):
        assert failure(text, skip_invalid=skip_invalid).endswith((".", ")"))


def test_a_bad_row_does_not_make_the_good_ones_slow() -> None:
    """Five thousand good rows with a bad one behind them; twenty times what it takes."""
    content = document(*(score(comment=f"Number {index}") for index in range(5_000)), None)
    before = time.process_time()
    assert failure(content).startswith("Invalid BATCH-MANUAL: scores[5000] | ")
    assert time.process_time() - before < 4


# --- JSON -----------------------------------------------------------------------------------------------------

BROKEN = [
    (b"", "It is empty."),
    (b" \n ", "It is empty."),
    (b"hello", "Invalid character at line 1, column 1."),
    (b'{"meta": {', "It ends too early."),
    (b'{\n  "meta": {},\n}', "Trailing comma in object at line 3, column 1."),
    ('{"é": 1,}'.encode(), "Trailing comma in object at line 1, column 9."),
    (b"{'meta': 1}", "Object keys must be strings at line 1, column 2."),
    (b'{"meta": NaN}', "Invalid character at line 1, column 10."),
    (b'{"meta": 01}', "Invalid number at line 1, column 11."),
    (b"{} {}", "Trailing characters at line 1, column 5."),
    (b"\xef\xbb\xbf{}", "The file starts with a byte order mark; save it as UTF-8 without one."),
    (b'{"meta": "\xff"}', "The file is not valid UTF-8: byte 10 cannot be read."),
    (b'{"meta": \0}', "The file contains a NUL character: character 9."),
    (b"[" * 100_000, "It is nested too deeply."),
]


@pytest.mark.parametrize(("data", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_broken_json_is_told_with_its_place(data: bytes, message: str) -> None:
    assert failure(data) == f"Invalid JSON. ({message})"


def test_broken_text_in_a_score_is_told_with_its_place() -> None:
    data = json.dumps(document(score(), score(comment="@@@"))).encode()
    assert failure(data.replace(b"@@@", b"\xff\xff\xff")) == (
        f"Invalid JSON. (The file is not valid UTF-8: byte {data.index(b'@@@')} cannot be read.)"
    )


def test_failures_are_import_failures_only() -> None:
    with pytest.raises(ImportFailed):
        parse(b"\x00")
