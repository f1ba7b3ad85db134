"""Scores from Tachi's API: which files are refused and recognized, and which charts are found."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imports.errors import ProblemType, RowProblem
from imports.formats import batch_manual, recognize
from imports.formats.base import Draft
from imports.formats.files.tachi_scores import FILE
from tests.formats import factories
from tests.formats.factories import catalogue_of, chart, converted, failure, parse, song

ID, OTHER = "a" * 40, "b" * 40


def score(**members: Any) -> dict[str, Any]:
    """Returns a score of SOUND VOLTEX; `...` removes a member."""
    data = {"score": 9_000_000, "lamp": "CLEAR", "judgements": {}, "optional": {}}
    valid = {"game": "sdvx", "playtype": "Single", "chartID": ID, "songID": 1, "scoreData": data, **members}
    return {name: value for name, value in valid.items() if value is not ...}


def reply(*scores: Any, charts: Any = (), songs: Any = (), name: str = "scores", **envelope: Any) -> dict[str, Any]:
    body = {name: list(scores), "charts": list(charts), "songs": list(songs)}
    return {"success": True, "description": "Returned.", "body": body, **envelope}


def data_of(**members: Any) -> dict[str, Any]:
    valid = {"score": 9_000_000, "lamp": "CLEAR", "judgements": {}, "optional": {}, **members}
    return {name: value for name, value in valid.items() if value is not ...}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"success": False, "description": "Stop."}, "an error that Tachi answered, and no list of scores: Stop."),
        ([], "This is no list of scores of Tachi's API"),
        ({"scores": []}, "This is no list of scores of Tachi's API"),
        ({"scores": {}, "charts": []}, "This is no list of scores of Tachi's API"),
        (reply(), "There are no scores in this file."),
        (reply(1), "Invalid scores of Tachi: scores[0] | Expected `object`, got `int`"),
        (reply(score(chartID=...)), "Invalid scores of Tachi: scores[0] | Object missing required field `chartID`"),
        (reply(score(game="chess")), "scores[0].game | This is no game that is known here: chess:Single"),
        (reply(score(game="chess", playtype=...)), "This is no game that is known here: chess"),
        (reply(score(), score(game="usc", playtype="Controller")), "scores[1].game | All scores of a file have to be"),
        (reply(score(scoreData=data_of(score=...))), "scores[0].score | Expected an integer. | Received undefined"),
        (reply(score(scoreData=data_of(lamp="GREAT"))), "scores[0].lamp | Expected any of FAILED, CLEAR"),
        (reply(score(timeAchieved=17)), "scores[0].timeAchieved | Expected a number greater than 1 Trillion"),
        (reply(score(comment="\0"), name="pbs"), "pbs[0].comment | Text must not contain NUL characters"),
        (reply(score(scoreData=data_of(judgements={"near": -1}))), "scores[0].judgements | Key near had an invalid"),
        (reply(score(scoreMeta=[])), "scores[0] | Expected `object | null`, got `array`"),
    ],
)  # fmt: skip
def test_files_without_a_list_of_scores_are_refused(content: Any, message: str) -> None:
    assert message in failure(content, FILE)


def test_invalid_scores_are_skipped_on_request() -> None:
    good, wrong = score(), score(scoreData=data_of(lamp="GREAT"))
    parsed = parse(reply(good, wrong, good), FILE, skip_invalid=True)
    assert [isinstance(row, RowProblem) for row in parsed.rows] == [False, True, False]
    assert parsed.rows[1].datapoint == {"score": wrong, "chart": {}, "song": {}}
    assert not parsed.rows[1].becomes_orphan


def test_rows_with_unknown_members_become_orphans() -> None:
    parsed = parse(reply(score(scoreMeta={"new": 1}), score(scoreData=data_of(judgements={"s-critical": 1}))), FILE)
    assert [row.becomes_orphan for row in parsed.rows] == [True, True]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (reply(score()), FILE),
        (reply(score(), name="pbs"), FILE),
        (reply(score())["body"], FILE),
        (factories.document(factories.score()), batch_manual.FILE),
        ({"scores": [], "meta": {}}, batch_manual.FILE),
        ({}, batch_manual.FILE),
        ("[]", None),
    ],
)
def test_a_file_is_recognized_by_the_members_beside_its_scores(content: Any, expected: Any) -> None:
    assert recognize(factories.raw(content)) is expected


HASH = "5" * 64


@pytest.mark.parametrize(
    ("theirs", "song_of_theirs"),
    [
        (chart("C19d35e1105736f994ca", legacyChartID=ID), {}),
        (chart("9" * 40, data={"inGameID": 7}, difficulty="EXH"), {}),
        (chart("9" * 40, data={"inGameID": [3, 7]}, difficulty="EXH"), {}),
        (chart("9" * 40, difficulty="EXH"), song(1, "FIRST light")),
        (chart("9" * 40, difficulty="EXH", song=song(8, "First Light")), {}),
        (chart("9" * 40, difficulty="EXH"), song(1, "First Light (Remix)") | {"altTitles": ["First Light"]}),
    ],
)
def test_a_chart_is_found_by_its_ids_its_number_or_its_title(theirs: Any, song_of_theirs: Any) -> None:
    catalogue = catalogue_of(
        "sdvx",
        [song(1, "First Light"), song(2, "Second Light")],
        [chart(ID, 1, "EXH", data={"inGameID": 7}), chart(OTHER, 1, "ADV", data={"inGameID": 7})],
    )
    sent = reply(score(chartID=theirs["chartID"]), charts=[theirs], songs=[song_of_theirs] if song_of_theirs else [])
    [made] = converted(parse(sent, FILE), catalogue, FILE)
    if "Remix" in song_of_theirs.get("title", ""):  # its own title is that of another song
        assert made.type is ProblemType.NOT_FOUND
    else:
        assert isinstance(made, Draft)
        assert made.chart.chart_id == ID


def test_a_chart_of_bms_is_found_by_its_hash() -> None:
    catalogue = catalogue_of(
        "bms", [song(1)], [chart(ID, playtype="7K", difficulty="CHART", data={"hashSHA256": HASH})]
    )
    data = {"score": 10, "lamp": "CLEAR", "judgements": {}, "optional": {}}
    theirs = {"chartID": "C1", "difficulty": "CHART", "data": {"hashMD5": "1" * 32, "hashSHA256": HASH}}
    sent = reply({"game": "bms-7k", "chartID": "C1", "scoreData": data}, charts=[theirs])
    [made] = converted(parse(sent, FILE), catalogue, FILE)
    assert made.chart.chart_id == ID


def test_a_chart_that_is_not_primary_is_found_by_the_version_it_shares() -> None:
    old = chart(OTHER, 1, "EXH", isPrimary=False, versions=["booth"])
    catalogue = catalogue_of("sdvx", [song(1, "First Light")], [chart(ID, 1, "EXH", versions=["nabla"]), old])
    theirs = {**old, "chartID": "9" * 40}
    sent = reply(score(chartID="9" * 40), charts=[theirs], songs=[song(1, "First Light")])
    [made] = converted(parse(sent, FILE), catalogue, FILE)
    assert made.chart.chart_id == OTHER


def test_infinite_numbers_and_invalid_charts_and_songs_are_refused_or_ignored() -> None:
    content = json.dumps(reply(score(), charts=[1, {"chartID": ID, "data": 5}, [[]]], songs=[None])).encode()
    content = content.replace(b'"songID": 1', b'"songID": 1e999')
    assert "scores[0]" in failure(content, FILE)
    parsed = parse(reply(score(), charts=[1, {"chartID": ID, "data": 5, "song": 3}], songs=[None]), FILE)
    [made] = converted(parsed, catalogue_of("sdvx", [], []), FILE)
    assert made.message == f"Cannot find chart {ID}."
