"""BATCH-MANUAL: accepted documents, how they are stored, and the resulting drafts (spec: import-pipeline §3-§4)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imports.errors import ProblemType, RowProblem
from tests.formats.factories import (
    DIRECT,
    NOW,
    catalogue_of,
    chart,
    converted,
    document,
    failure,
    parse,
    score,
    sent,
    song,
)

# --- accepted documents -----------------------------------------------------------------------------------

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
    score(matchType="popnChartHash"),  # it fails later, with its own message
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
def test_rows_just_within_the_limits_are_accepted_and_stored_as_sent(row: dict[str, Any]) -> None:
    assert sent(parse(document(row))) == [row]
    assert sent(parse(document(row, score(score=5.0)))) == [row, score(score=5)]  # the exact reader agrees


@pytest.mark.parametrize("number", ["900000.0", "9e5", "9.0E+5", "900000"])
def test_an_integer_may_be_written_as_a_fraction(number: str) -> None:
    [row] = parse(json.dumps(document(score(score=...))).replace('"lamp"', f'"score": {number}, "lamp"')).rows
    assert row.score == 900_000
    assert type(row.score) is int


@pytest.mark.parametrize("number", ["-0", "-0.0", "-0e5"])
def test_minus_zero_is_zero(number: str) -> None:
    [row] = parse(json.dumps(document(score(score="@"))).replace('"@"', number)).rows
    assert (row.score, str(row.score)) == (0, "0")


def test_the_last_of_duplicate_keys_wins() -> None:
    text = (
        '{"meta": 1, "scores": [1], "meta": {"game": "osu", "game": "sdvx", "playtype": "Single", "service": "abc"},'
        ' "scores": [{"score": "x", "score": 1, "lamp": "CLEAR", "matchType": "songTitle", "identifier": "a"}]}'
    )
    expected = {"score": 1, "lamp": "CLEAR", "matchType": "songTitle", "identifier": "a"}
    assert sent(parse(text)) == [expected]


def test_a_document_without_scores_is_accepted() -> None:
    assert parse(document()).rows == []
    assert parse(document(scores=[], classes={"dan": "INF"})).classes == {"Single": {"dan": "INF"}}


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
def test_the_classes_of_a_document_are_read_without_null_ones(given: Any, kept: Any) -> None:
    assert parse(document(classes=given)).classes == (None if kept is None else {"Single": kept})


@pytest.mark.parametrize(("given", "kept"), [(..., None), (None, None), ("", None), ("exceed", "exceed"), ("?", "?")])
def test_an_empty_version_is_read_as_none(given: Any, kept: Any) -> None:
    assert parse(document(meta={"version": given})).context.version == kept


def test_the_context_as_sent_has_the_members_that_are_hashed() -> None:
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


def test_drafts_share_no_metrics() -> None:
    first, second = converted(parse(document(score(), score())), CATALOGUE)
    assert not isinstance(first, RowProblem)
    assert not isinstance(second, RowProblem)
    assert first.play.metrics is not second.play.metrics


def test_the_problem_of_a_row_without_a_chart_has_the_row_as_sent() -> None:
    lost = score(identifier="404", comment=None, optional={"fast": None})
    [draft, problem] = converted(parse(document(score(), lost)), CATALOGUE)
    assert draft.row == 0
    assert isinstance(problem, RowProblem)
    assert (problem.row, problem.type, problem.datapoint) == (1, ProblemType.NOT_FOUND, lost)


# --- inferring the time -----------------------------------------------------------------------------------

ONE_SCORE_ONLY = "Cannot use X-Infer-Score-TimeAchieved with multiple scores in your import."
SET = "Cannot use X-Infer-Score-Timestamp if the importing score already has a timeAchieved set."


@pytest.mark.parametrize("given", [..., None, 0])
def test_the_time_of_a_score_without_one_is_inferred(given: Any) -> None:
    parsed = parse(document(score(timeAchieved=given)), infer_time_achieved=True)
    assert sent(parsed) == [score(timeAchieved=NOW)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (document(score(), score()), ONE_SCORE_ONLY),
        (document(score(timeAchieved=1_600_000_000_000)), SET),
        (document(), "Cannot use X-Infer-Score-TimeAchieved without a score in your import."),
        (document(score(score=-1), score()), None),
        (document(score(), score(), x=1), "Invalid BATCH-MANUAL: null | Unexpected properties inside object: x.."),
    ],
)
def test_the_time_is_inferred_for_one_score_only(content: Any, message: str | None) -> None:
    """The schema is checked first."""
    found = failure(content, infer_time_achieved=True)
    assert found == message or (message is None and found.startswith("Invalid BATCH-MANUAL: scores[0].score"))
