"""After any sequence of imports, reverts and restores, of any format and of BATCH-MANUAL with the same scores, the
state equals that of the remaining imports alone."""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imports import jobs
from imports.formats import FORMATS
from imports.formats.base import Format, ParseOptions
from imports.games import GAMES
from imports.models import Import, ImportInput, OrphanScore, Score, State, User
from imports.pipeline.derived import bests
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.undo.preview import preview, revert_all
from imports.pipeline.undo.revert import RevertRequest
from tests import hashed_charts
from tests.api.hooks import senders
from tests.examples import examples
from tests.factories import run_job
from tests.formats.factories import raw
from tests.pipeline.factories import player, undone
from tests.pipeline.stored_state import history_of
from tests.pipeline.test_file_formats import case_of, catalogue_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("redis_clean")]

BATCH_MANUAL = "file/batch-manual"
RECEIVED = datetime(2026, 3, 1, 20, 30, tzinfo=UTC)  # of all imports, because scores of hooks get the time of receipt
UNKNOWN = "e" * 64
BODIES = 4  # different bodies of a hook that sends single scores; the last one has an unknown chart


def barbatos(number: int) -> dict[str, Any]:
    return {**senders.BARBATOS.body, "score": 9_500_000 + number, **_unless_known(number, song_id=1)}


def fervidex(number: int) -> dict[str, Any]:
    counts = {"pgreat": 400 + number, "ex_score": 900 + 2 * number}
    return {**senders.FERVIDEX_SCORE.body, **counts, **_unless_known(number, entry_id=1)}


def kshook(number: int) -> dict[str, Any]:
    return {**senders.KSHOOK_SCORE.body, "score": 9_500_000 + number, **_unless_known(number, music_id=1)}


def beatoraja(number: int) -> dict[str, Any]:
    return hashed_charts.beatoraja(exscore=1170 + 2 * number, epg=300 + number, **_unless_known(number, sha256=UNKNOWN))


def lr2hook(number: int) -> dict[str, Any]:
    return hashed_charts.lr2hook(
        exScore=1170 + 2 * number, pgreat=500 + number, **_unless_known(number, md5=UNKNOWN[:32])
    )


def usc(number: int) -> dict[str, Any]:
    return hashed_charts.usc(score=9_000_000 + number, **_unless_known(number, sha1=UNKNOWN[:40]))


def _unless_known(number: int, **unknown: Any) -> dict[str, Any]:
    return unknown if number == BODIES - 1 else {}


@dataclass(frozen=True)
class Program:
    """A hook that sends single scores: bodies by number, fields from headers or address, and its charts."""

    body: Callable[[int], dict[str, Any]]
    charts: Callable[[], Any]
    fields: dict[str, str]


PROGRAMS: dict[str, Program] = {
    "ir/barbatos": Program(barbatos, senders.charts, {}),
    "ir/fervidex": Program(fervidex, senders.charts, {"model": senders.FERVIDEX["X-Software-Model"]}),
    "ir/kshook-sv6c": Program(kshook, senders.charts, {}),
    "ir/beatoraja": Program(beatoraja, hashed_charts.bms_chart, {}),
    "ir/lr2hook": Program(lr2hook, hashed_charts.bms_chart, {}),
    "ir/usc": Program(usc, hashed_charts.usc_chart, {"playtype": "Controller"}),
}


Supply = Callable[[int], jobs.Upload]
"""Number -> an upload of a format. 0 is a file with all rows, or the first body."""


def bodies_of(source: Format, program: Program) -> Supply:
    """Returns a supply of the bodies of a hook that sends single scores."""

    def upload(pick: int) -> jobs.Upload:
        body = json.dumps(program.body(pick % BODIES)).encode()
        return jobs.Upload(content=body, import_type=source.import_type, fields=program.fields)

    return upload


def files_of(source: Format) -> Supply:
    """Returns a supply of files with some of the rows of the format's case, valid and invalid."""
    case = case_of(source)
    sent = raw(case["input"])
    fields: dict[str, str] = case.get("fields", {})
    parsed = source.parse(sent, ParseOptions(games=GAMES, now=0, fields=fields))
    context, rows = json.loads(json.dumps([parsed.context.as_sent(), list(map(source.as_sent, parsed.rows))]))

    def upload(pick: int) -> jobs.Upload:
        chosen = [row for place, row in enumerate(rows) if pick >> place & 1]
        content = source.document(context, chosen) if chosen else sent
        return jobs.Upload(content=content, import_type=source.import_type, fields=fields)

    return upload


def supply_of(source: Format) -> Supply:
    """Returns the supply of a format, after creating its songs and charts."""
    if source.import_type not in PROGRAMS:
        catalogue_of(case_of(source))
        return files_of(source)
    program = PROGRAMS[source.import_type]
    program.charts()
    return bodies_of(source, program)


def files_by_hand(supply: Supply) -> list[jobs.Upload]:
    """Returns BATCH-MANUAL files with a supply's scores: for each playtype one with all, two with every other one."""
    user, found = player(), []
    for pick in range(BODIES):
        imported(user, supply(pick))
    rows: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for score in Score.objects.filter(user=user).select_related("chart__song"):
        rows[score.game, score.playtype].append(row_of(score))
    for (game, playtype), all_of_them in rows.items():
        meta = {"game": game, "playtype": playtype, "service": "By hand"}
        for some in (all_of_them, all_of_them[::2], all_of_them[1::2]):
            content = json.dumps({"meta": meta, "scores": some}).encode()
            found.append(jobs.Upload(content=content, import_type=BATCH_MANUAL))
    return found


def row_of(score: Score) -> dict[str, Any]:
    """Returns a row with all values of this score, so that it does not matter which import it belongs to."""
    playtype = next(game for game in GAMES if game.slug == score.game).by_name[score.playtype]
    return {
        "matchType": "tachiSongID",
        "identifier": str(score.chart.song.song_id),
        "difficulty": score.chart.difficulty,
        "timeAchieved": score.time_achieved,
        "comment": score.comment,
        "judgements": score.score_data["judgements"],
        "optional": score.score_data["optional"],
        "scoreMeta": score.score_meta,
        **{name: score.score_data[name] for name in playtype.provided},
    }


def imported(user: User, upload: jobs.Upload) -> Import:
    job = jobs.submit(user, upload)
    ImportInput.objects.filter(job=job).update(received_at=RECEIVED)
    return completed(job)


def completed(job: Import) -> Import:
    run_job(job)
    assert job.state == State.COMPLETED, job.error_message
    return job


def in_state(user: User, state: State, pick: int) -> list[Import]:
    """Returns one or more of the player's imports in this state, if there are any."""
    found = list(Import.objects.filter(user=user, state=state).order_by("pk"))
    return [job for place, job in enumerate(found) if pick >> place & 1] or found[:1]


def run_steps(user: User, supply: Supply, steps: list[tuple[str, int]]) -> None:
    by_hand = files_by_hand(supply)
    for operation, pick in steps:
        if operation == "import":
            imported(user, supply(pick))
        elif operation == "by hand" and by_hand:
            imported(user, by_hand[pick % len(by_hand)])
        elif operation == "revert":
            chosen = in_state(user, State.COMPLETED, pick)
            assert preview(chosen, KEEP_SHARED) == revert_all(chosen, KEEP_SHARED)
        elif operation == "restore":
            for job in in_state(user, State.REVERTED, pick):
                jobs.restore(job, by=user)
                completed(job)


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bests of a player without scores are stored by COPY, regardless of their number."""
    monkeypatch.setattr(bests, "COPY_THRESHOLD", 1)


KEEP_SHARED = RevertRequest(keep_shared=True)
STEPS = st.lists(
    st.tuples(st.sampled_from(["import", "by hand", "revert", "restore"]), st.integers(0, 63)), min_size=4, max_size=9
)


@pytest.mark.parametrize("source", [pytest.param(each, id=each.import_type) for each in FORMATS])
@settings(
    max_examples=examples(2, ci=20),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
@undone()
def test_any_sequence_leaves_the_state_of_the_remaining_imports(source: Format, steps: list[tuple[str, int]]) -> None:
    user = player()
    run_steps(user, supply_of(source), [("import", 0), *steps])
    assert check_player(user) == []
    for score in Score.objects.filter(user=user).select_related("from_import"):
        assert (score.import_type == BATCH_MANUAL) == (score.from_import.import_type == BATCH_MANUAL)
    wanted, survivors = remains_of(user), in_state(user, State.COMPLETED, ~0)

    revert_all(survivors, RevertRequest())
    assert not Score.objects.filter(user=user).exists()
    assert not OrphanScore.objects.filter(user=user).exists()
    for job in survivors:
        sent = ImportInput.objects.get(job=job)
        content = zlib.decompress(sent.content)
        imported(user, jobs.Upload(content=content, import_type=job.import_type, fields=sent.fields))
    assert remains_of(user) == wanted
    assert check_player(user) == []


def remains_of(user: User) -> dict[str, Any]:
    """Returns the state of a player and the orphans, without the imports that they belong to."""
    orphans = OrphanScore.objects.filter(user=user).values_list("error_message", "context", "data")
    state = history_of(user)
    return {**state, "scores": [score[:-1] for score in state["scores"]], "orphans": sorted(map(str, orphans))}
