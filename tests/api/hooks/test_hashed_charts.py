"""The hooks of BMS, PMS and USC: permissions, invalid requests, and documents of scores."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from imports.models import Course, GameStats, Import, OrphanScore, PersonalBest, Replay, Score, State, hook_charts
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import people
from tests.hashed_charts import MD5, SHA1, SHA256, beatoraja, bms_chart, lr2hook, program, send, usc, usc_chart

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("worked_on_while_waiting")]

HASHES = [f"{number}" * 32 for number in range(4)]
POSTS = {
    "beatoraja/submit-score": beatoraja(),
    "beatoraja/submit-course": {},
    "lr2hook/import": lr2hook(),
    "lr2hook/import/course": lr2hook(),
    "usc/Controller/scores": usc(),
    "usc/Controller/replays": {},
}
each_post = pytest.mark.parametrize("path", POSTS)

BAD_BODIES = {
    "empty": b"",
    "NUL": b"\0\0\0",
    "broken UTF-8": b'{"md5": "\xff"}',
    "half a JSON": b'{"chart": {"md5',
    "a list": b"[]",
    "a list of lists": b"[[[]], {}]",
    "a number": b"7",
    "null": b"null",
    "HTML": b"<!doctype html><html></html>",
    "50,000 levels": b"[" * 50_000 + b"]" * 50_000,
    "an escaped NUL": b'{"md5": "\\u0000", "chart": {"title": "\\u0000"}, "score": {"sha256": "\\ud800"}}',
    "huge numbers": b'{"chart": {"total": 1e999}, "score": {"exscore": 1e400, "score": -1e400}}',
    "16 MiB": b'{"md5": "' + b"x" * 2**24 + b'"}',
    "a member of 3 MiB": b'{"md5": "' + b"x" * 3 * 2**20 + b'"}',
}


@pytest.mark.quick_rows(8)
@each_post
@pytest.mark.parametrize("name", BAD_BODIES)
def test_an_invalid_body_is_refused_with_a_message(path: str, name: str) -> None:
    client = program(people.alice())
    response = client.post(f"/ir/{path}", BAD_BODIES[name], content_type="application/json")
    reply = json.loads(response.content)
    assert response.status_code < 500
    assert reply["description"]
    assert response.status_code >= 400 or reply["statusCode"] == 40
    assert not Import.objects.exclude(state=State.FAILED).exists()  # a long body is read by a worker
    assert not OrphanScore.objects.exists()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("beatoraja/submit-score", beatoraja(chart={"title": "\0"})),
        ("beatoraja/submit-score", beatoraja(chart={"md5": "\0" * 32})),
        ("lr2hook/import", lr2hook(md5="\0")),
        ("usc/Controller/scores", usc(sha1="\0")),
    ],
)
def test_a_text_with_nul_characters_is_refused(path: str, body: Any) -> None:
    response = send(program(people.alice()), path, body)
    assert response.status_code == 400 or response.json()["statusCode"] == 40
    assert "NUL" in response.json()["description"]


@each_post
def test_a_request_without_headers_is_refused_as_a_guest(path: str) -> None:
    response = send(Client(raise_request_exception=False), path, POSTS[path])
    if path.startswith("usc"):
        assert response.json() == {"statusCode": 40, "description": "No auth token provided."}
    else:
        assert response.status_code == 401


@each_post
def test_banned_players_are_refused(path: str) -> None:
    response = send(program(people.eve()), path, POSTS[path])
    assert response.status_code == 403
    assert "banned" in response.json()["description"]


@each_post
def test_hooks_except_beatoraja_need_the_permission_to_submit_scores(path: str) -> None:
    client = people.bearer(people.alice())
    response = client.post(
        f"/ir/{path}", POSTS[path], content_type="application/json", headers={"X-TachiIR-Version": "v2"}
    )
    is_needed = not path.startswith("beatoraja")
    assert (response.status_code == 403) is is_needed


# --- courses ----------------------------------------------------------------------------------------------------


def a_course(value: str = "NORMAL_3", playtype: str = "7K") -> Course:
    return Course.objects.create(
        md5sums="".join(HASHES), game="bms", playtype=playtype, class_set="genocideDan", value=value, title="A course"
    )


def course_of_beatoraja(**score: Any) -> dict[str, Any]:
    charts = [{"md5": hash_} for hash_ in HASHES]
    sent = {"clear": "Normal", "option": 0, "lntype": 0, **score}
    return {"course": {"charts": charts, "constraint": ["GAUGE_LR2"]}, "score": sent}


def test_a_course_raises_a_class_and_never_lowers_it() -> None:
    course = a_course()
    client = program(people.alice())
    description = [
        send(client, "beatoraja/submit-course", course_of_beatoraja()).json()["description"] for _ in range(2)
    ]
    Course.objects.filter(pk=course.pk).update(value="NORMAL_1")
    description.append(send(client, "lr2hook/import/course", lr2hook(md5="".join(HASHES))).json()["description"])
    assert description == ["Successfully updated class.", "Class not updated.", "Class not updated."]
    assert GameStats.objects.get().classes == {"genocideDan": "NORMAL_3"}


@pytest.mark.parametrize(
    ("score", "status", "description"),
    [
        ({"clear": "Easy", "lntype": 1}, 200, "Class not updated, as you didn't clear this course."),
        ({"lntype": 2, "option": 2}, 400, "LN mode is the only supported mode for dans."),
        ({"option": 2}, 400, "RANDOM is not allowed in courses."),
        ({}, 404, "Unsupported course."),
    ],
)
def test_a_course_without_a_class_has_a_reason(score: dict[str, Any], status: int, description: str) -> None:
    response = send(program(people.alice()), "beatoraja/submit-course", course_of_beatoraja(**score))
    assert (response.status_code, response.json()["description"]) == (status, description)
    assert not GameStats.objects.exists()


# --- documents for the programs -----------------------------------------------------------------------------------


def test_beatoraja_gets_all_bests_of_a_chart_and_own_scores() -> None:
    bms_chart()
    alice, bob = program(people.alice()), program(people.bob())
    send(alice, "beatoraja/submit-score", beatoraja())
    send(bob, "beatoraja/submit-score", beatoraja(exscore=1171, egr=81))
    rows = alice.get(f"/ir/beatoraja/charts/{SHA256}/scores").json()["body"]
    assert [(row["player"], row["epg"], row["egr"], row["clear"]) for row in rows] == [
        ("Bob", 585, 1, 6),
        ("", 585, 0, 6),
    ]
    mine = alice.get("/ir/beatoraja/players/me/scores").json()
    assert mine["description"] == "Successfully returned 1 scores."
    assert mine["body"] == [rows[1]]
    assert alice.get("/ir/beatoraja/players/Bob/scores").status_code == 403
    assert alice.get("/ir/beatoraja/players/Nobody/scores").json()["description"] == "User does not exist."
    assert alice.get("/ir/beatoraja/rivals").json()["body"] == []


def test_a_reverted_score_is_no_longer_the_record_of_usc() -> None:
    usc_chart()
    alice, bob = program(people.alice()), program(people.bob())
    send(alice, "usc/Controller/scores", usc(score=9_500_000))
    bodies = send(bob, "usc/Controller/scores", usc(score=9_400_000)).json()["body"]
    assert (bodies["score"]["ranking"], bodies["isServerRecord"], bodies["serverRecord"]["username"]) == (
        2,
        False,
        "Alice",
    )
    revert(Import.objects.get(user=people.alice()), RevertRequest(by=people.alice()))
    record = bob.get(f"/ir/usc/Controller/charts/{SHA1}/record").json()["body"]["record"]
    assert (record["username"], record["ranking"]) == ("Bob", 1)
    assert PersonalBest.objects.count() == 1


def test_a_usc_score_above_all_earlier_ones_is_a_personal_best() -> None:
    usc_chart()
    client = program(people.alice())
    points = [9_000_000, 9_100_000, 9_050_000, 9_100_001]
    bodies = [send(client, "usc/Controller/scores", usc(score=score)).json()["body"]["isPB"] for score in points]
    assert bodies == [True, True, False, True]


# --- replays ------------------------------------------------------------------------------------------------------


def submit_replay(client: Client, score_id: str, content: bytes = b"a replay") -> Any:
    file = SimpleUploadedFile("replay.urf", content)
    return client.post("/ir/usc/Controller/replays", {"identifier": score_id, "replay": file})


def test_a_replay_is_readable_by_its_owner_only_also_after_a_revert() -> None:
    usc_chart()
    alice, bob = program(people.alice()), program(people.bob())
    score_id = send(alice, "usc/Controller/scores", usc()).json()["body"]["sendReplay"]
    assert submit_replay(alice, score_id).json() == {"statusCode": 20, "description": "Saved replay.", "body": {}}
    assert submit_replay(bob, score_id).json()["statusCode"] == 44
    revert(Import.objects.get(), RevertRequest(by=people.alice()))
    address = f"/ir/usc/Controller/replays/{score_id}"
    assert alice.get(address).content == b"a replay"
    assert people.session_of(people.alice()).get(address).content == b"a replay"
    assert bob.get(address).status_code == 404
    assert people.guest().get(address).status_code == 401


def test_replays_are_limited_in_size_and_number(monkeypatch: pytest.MonkeyPatch) -> None:
    usc_chart()
    monkeypatch.setattr(hook_charts, "MAX_REPLAYS", 2)
    client = program(people.alice())
    for score in (9_000_000, 9_000_001, 9_000_002):
        score_id = send(client, "usc/Controller/scores", usc(score=score)).json()["body"]["sendReplay"]
        assert submit_replay(client, score_id).json()["statusCode"] == 20
    latest = Score.objects.order_by("-pk").values_list("score_id", flat=True)[:2]
    assert set(Replay.objects.values_list("score_id", flat=True)) == set(latest)
    assert submit_replay(client, score_id, b"x" * (2**20 + 1)).status_code == 400
    assert submit_replay(client, score_id, b"x" * 2**20).json()["statusCode"] == 20


@pytest.mark.parametrize("identifier", ["", "x" * 10_000, "\0", "T" + "0" * 64])
def test_a_replay_of_an_unknown_score_is_refused(identifier: str) -> None:
    assert submit_replay(program(people.alice()), identifier).json()["statusCode"] in {40, 44}
    assert not Replay.objects.exists()


def test_lr2hook_gets_the_import_document() -> None:
    bms_chart()
    response_body = send(program(people.alice()), "lr2hook/import", lr2hook()).json()
    assert response_body["description"] == "Import successful."
    assert response_body["body"]["scoreIDs"] == list(Score.objects.values_list("score_id", flat=True))
    assert Score.objects.get().score_data["optional"]["gaugeHistory"] == [80] * 1000
    assert Score.objects.get().chart.data["hashMD5"] == MD5
