"""After a change to seeds of the other form, an instance returns the same data of its players, by either ID."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imports import jobs
from imports.models import Chart, Import, PersonalBest, Score, Session, State
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.undo.revert import RevertRequest, revert
from imports.seeds.load import load
from tests import factories, people
from tests.api.envelopes import body
from tests.seeds.factories import as_of_2026, chart, song, v3_id, write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

SONGS = [song(1), song(2)]
CHARTS = [chart(number, name) for number in (1, 2) for name in ("NOV", "EXH")]
FORMS = {"2025": {"songs_sdvx": SONGS, "charts_sdvx": CHARTS}, "2026": as_of_2026(SONGS, CHARTS)}
CHART = "EXH of 1"
OLD, NEW = "/api/v1/users/alice/games/sdvx/Single", "/api/v1/users/alice/games/sdvx"
CHARTS_OF = ("pbs/{chart}", "pbs/{chart}?getComposition=1", "scores/{chart}", "pbs/{chart}/leaderboard-adjacent")
LISTS = ("pbs/all", "pbs/best", "scores/recent", "sessions/recent", "")


def rows(identifiers: dict[int, str]) -> list[dict[str, Any]]:
    """Returns two plays of one chart and one of another, in one session."""
    return [
        {
            "matchType": "tachiSongID", "identifier": identifiers[number], "difficulty": "EXH", "score": score,
            "lamp": lamp, "timeAchieved": factories.NOON + minute * factories.MINUTE,
        }
        for minute, (number, score, lamp) in enumerate([(1, 9_000_000, "CLEAR"), (1, 8_500_000, "EXCESSIVE CLEAR"),
                                                        (2, 9_900_000, "CLEAR")])
    ]  # fmt: skip


def stored() -> list[Any]:
    """Returns all scores and the data derived from them, with primary keys."""
    scores = ("pk", "score_id", "chart_id", "score_data", "calculated_data", "time_achieved")
    bests = ("pk", "chart_id", "score_id", "score_data", "calculated_data", "composed_from", "rank_keys")
    return [
        list(Score.objects.order_by("pk").values_list(*scores)),
        list(PersonalBest.objects.order_by("pk").values_list(*bests)),
        list(Session.objects.order_by("pk").values_list("pk", "session_id", "score_count", "calculated_data")),
    ]


def responses_of(paths: list[str]) -> dict[str, Any]:
    return {path: body(people.guest(), path) for path in paths}


def of_2025() -> dict[str, Any]:
    return responses_of(
        [*(f"{OLD}/{path}".rstrip("/") for path in LISTS), *(f"{OLD}/{path.format(chart=CHART)}" for path in CHARTS_OF)]
    )


@pytest.mark.parametrize(("first", "then"), [("2025", "2026"), ("2026", "2025")])
@pytest.mark.parametrize("named_by", ["number", "ID of 2026"])
def test_scores_bests_and_score_ids_are_the_same_for_both_ids_in_either_order_of_loading(
    tmp_path: Path, first: str, then: str, named_by: str
) -> None:
    load(write(tmp_path, **FORMS[first]))
    ids = {number: Chart.objects.get(chart_id=f"EXH of {number}").song.v3_id for number in (1, 2)}
    identifiers = ids if named_by == "ID of 2026" else {1: "1", 2: "2"}
    alice = people.alice()
    job = factories.create_import(alice, *rows(identifiers))
    assert (job.score_count, job.problem_count) == (3, 0)
    before, responses, own_id = stored(), of_2025(), Chart.objects.get(chart_id=CHART).v3_id

    load(write(tmp_path, **FORMS[then]))

    assert stored() == before
    assert of_2025() == responses
    # By the ID of 2026, by the one that it replaced, and by that of 2025.
    assert Chart.objects.get(chart_id=CHART).v3_id == v3_id("C", CHART)
    for path in CHARTS_OF:
        found = [
            body(people.guest(), f"{NEW}/{path.format(chart=chart)}") for chart in (v3_id("C", CHART), own_id, CHART)
        ]
        assert found[0] == found[1] == found[2], path
    of_2026 = responses_of([f"{NEW}/{path}".rstrip("/") for path in LISTS])
    for member, path in (("pbs", "pbs/all"), ("scores", "scores/recent")):
        (old, new) = (response[member] for response in (responses[f"{OLD}/{path}"], of_2026[f"{NEW}/{path}"]))
        key = "scoreID" if member == "scores" else "composedFrom"
        assert sorted((str(row[key]), str(row["scoreData"]), str(row["calculatedData"])) for row in old) == sorted(
            (str(row[key]), str(row["scoreData"]), str(row["calculatedData"])) for row in new
        )
    # Imported again by either ID, all are duplicates.
    for again in ({1: "1", 2: "2"}, {number: v3_id("S", f"sdvx {number}") for number in (1, 2)}):
        repeated = factories.create_import(alice, *rows(again))
        assert (repeated.score_count, repeated.duplicate_count) == (0, 3)


@pytest.mark.parametrize(("first", "then"), [("2025", "2026"), ("2026", "2025")])
def test_an_import_before_the_change_is_reverted_and_restored_exactly(tmp_path: Path, first: str, then: str) -> None:
    load(write(tmp_path, **FORMS[first]))
    alice = people.alice()
    job = factories.create_import(alice, *rows({1: "1", 2: "2"}))
    responses = of_2025()
    load(write(tmp_path, **FORMS[then]))

    revert(Import.objects.get(pk=job.pk), RevertRequest(by=alice))
    assert stored() == [[], [], []]
    jobs.restore(Import.objects.get(pk=job.pk), by=alice)
    assert factories.run_job(job).state == State.COMPLETED

    assert of_2025() == responses
    assert check_player(alice) == []
