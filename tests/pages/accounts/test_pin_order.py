"""The order of pinned scores, which their player chooses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

import pytest
from django.http import HttpResponse
from django.test import Client

from imports.models import AuditEntry, Score
from imports.pipeline.scores import delete_score, edit_score
from tests import factories, people
from tests.pages.html_parsing import text_of

pytestmark = pytest.mark.django_db


def pins(count: int) -> list[Score]:
    """Returns `count` pinned scores of Alice's, latest first."""
    rows = [
        factories.score_on(chart, 9_500_000, timeAchieved=factories.NOON - place * factories.MINUTE)
        for place, chart in enumerate(factories.charts(count))
    ]
    factories.create_import(people.alice(), *rows)
    scores = list(Score.objects.order_by("-time_achieved"))
    for score in scores:
        edit_score(score, {"highlight": True}, by=people.alice())
    return scores


def move(client: Client, direction: str, score: Score | str) -> HttpResponse:
    score_id = score if isinstance(score, str) else score.score_id
    return cast(HttpResponse, client.post("/account/pinned/", {direction: score_id}))


def shown(client: Client | None = None) -> list[str]:
    """Returns the IDs of the pinned scores as Alice's profile shows them."""
    page = (client or people.guest()).get("/users/alice/").content.decode()
    section = page.split('id="pinned"')[1].split("</section>")[0]
    return re.findall(r'href="/scores/(\w+)/"', section)


def ids(scores: Sequence[Score]) -> list[str]:
    return [score.score_id for score in scores]


@pytest.mark.parametrize(
    ("direction", "moved", "order"),
    [
        ("up", 0, [0, 1, 2]),
        ("up", 1, [1, 0, 2]),
        ("up", 2, [0, 2, 1]),
        ("down", 0, [1, 0, 2]),
        ("down", 1, [0, 2, 1]),
        ("down", 2, [0, 1, 2]),
    ],
)
def test_a_pinned_score_swaps_with_its_neighbour(direction: str, moved: int, order: list[int]) -> None:
    scores = pins(3)
    move(people.session_of(people.alice()), direction, scores[moved])
    assert shown() == ids([scores[place] for place in order])


def test_a_pinned_score_moves_from_the_end_to_the_start() -> None:
    one, two, three, four = pins(4)
    alices = people.session_of(people.alice())
    for _ in range(3):
        answer = move(alices, "up", four)
    assert shown() == ids([four, one, two, three])
    assert answer.headers["Location"] == f"/account/pinned/?moved=up-{four.score_id}"


def test_the_pressed_button_keeps_the_focus() -> None:
    one, _, three = pins(3)
    alices = people.session_of(people.alice())
    for pressed, score, focused in (("up", three, "up"), ("up", three, "down"), ("down", one, "up")):
        page = alices.get(move(alices, pressed, score).headers["Location"]).content.decode()
        found = re.findall(r'name="(\w+)" value="(\w+)"\s+autofocus', page)
        assert found == [(focused, score.score_id)]


def test_the_first_and_last_pin_lack_the_button_beyond_the_list() -> None:
    one, two = pins(2)
    page = people.session_of(people.alice()).get("/account/pinned/").content.decode()
    assert re.findall(r'name="(up|down)" value="(\w+)"', page) == [("down", one.score_id), ("up", two.score_id)]


def test_a_single_pin_has_no_buttons_to_move_it() -> None:
    pins(1)
    assert "Move" not in text_of(people.session_of(people.alice()).get("/account/pinned/"))


@pytest.mark.parametrize("how", ["unpinned", "deleted"])
def test_the_other_pins_keep_their_order_when_a_pin_is_removed(how: str) -> None:
    one, two, three = pins(3)
    move(people.session_of(people.alice()), "up", three)
    if how == "deleted":
        delete_score(three, by=people.alice())
    else:
        edit_score(three, {"highlight": False}, by=people.alice())
    assert shown() == ids([one, two])
    move(people.session_of(people.alice()), "down", one)
    assert shown() == ids([two, one])


def test_a_score_that_is_pinned_again_is_a_new_pin() -> None:
    one, two, three = pins(3)
    alices = people.session_of(people.alice())
    move(alices, "down", one)
    edit_score(three, {"highlight": False}, by=people.alice())
    edit_score(Score.objects.get(pk=three.pk), {"highlight": True}, by=people.alice())
    assert shown() == ids([three, two, one])


def test_a_comment_leaves_a_pin_in_its_place() -> None:
    one, two = pins(2)
    move(people.session_of(people.alice()), "up", two)
    edit_score(Score.objects.get(pk=two.pk), {"comment": "at last"}, by=people.alice())
    assert shown() == ids([two, one])


@pytest.mark.parametrize("score_id", ["", "\x00", "é", "nothing"])
def test_moving_an_invalid_score_id_changes_nothing(score_id: str) -> None:
    scores = pins(2)
    assert move(people.session_of(people.alice()), "up", score_id).status_code == 302
    assert shown() == ids(scores)


def test_another_player_cannot_move_a_pin() -> None:
    one, two = pins(2)
    bobs = people.session_of(people.bob())
    answer = move(bobs, "up", two)
    assert shown() == ids([one, two])
    assert "Nothing was moved" in text_of(bobs.get(answer.headers["Location"]))


def test_a_score_that_is_not_pinned_is_not_moved() -> None:
    one, two = pins(2)
    edit_score(two, {"highlight": False}, by=people.alice())
    move(people.session_of(people.alice()), "up", two)
    assert shown() == ids([one])
    assert Score.objects.get(pk=two.pk).pin_place is None


@pytest.mark.django_db(transaction=True)
def test_moving_a_pin_of_a_locked_player_is_a_409() -> None:
    one, two = pins(2)
    with factories.hold_player_lock(people.alice()):
        assert move(people.session_of(people.alice()), "up", two).status_code == 409
    assert shown() == ids([one, two])


def test_moving_a_pin_writes_no_audit_entry() -> None:
    _, two = pins(2)
    before = AuditEntry.objects.count()
    move(people.session_of(people.alice()), "up", two)
    assert AuditEntry.objects.count() == before
