"""Complete imports of hostile values against the database: each ends, and can be read and reverted."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from imports import jobs
from imports.errors import ProblemType
from imports.models import Import, ImportProblem, Score, State, User
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.scoring.convert import MAX_FUTURE_MS
from imports.pipeline.undo.revert import RevertRequest, revert
from imports.seeds.load import load
from tests import factories, people
from tests.examples import examples, in_parts, part_examples
from tests.hostile import hostile_values, properties
from tests.pipeline.factories import state_of, undone

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

EXAMPLES = examples(15, ci=150)
PIPELINE_SETTINGS = settings(
    max_examples=part_examples(EXAMPLES),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
DOCUMENTS = list(properties.good_documents(scores=4))

TIMES: tuple[Any, ...] = (
    *hostile_values.TIMES,
    *(None, 1e12, 1e12 + 0.5, 1e12 - 1, 253_402_300_799_999, 8.64e15, -8.64e15, 2**53, -(2**63), 5e-324),
    *(properties.NOW + MAX_FUTURE_MS * years for years in (-10_000, 0, 1, 2, 365)),
)
NUMBERS: tuple[Any, ...] = (
    *(0, -0.0, 1, -1, 0.5, 5e-324, 1e-320, 2**31 - 1, 2**31, -(2**31) - 1, 2**53, 2**53 + 2, 2**63 - 1, 2**63, 2**64),
    *(1e22, 1e308, 1.7976931348623157e308, -1e308, 100, 100.00000000000001, 99.99999999999999, 10_000_000, 10_000_001),
    None,
)
TEXTS: tuple[Any, ...] = (
    *("", " ", "\0", "a\0b", "\ud800", "\udfff\ud800", "x" * 240, "x" * 241, "😀" * 120, "😀" * 121, "\u202e\u2066"),
    *("x" * 100_000, "'; DROP TABLE imports_score; --", "%s %(x)s {} \\", "\\N", "\t\n\r\\.\n", "\ufffe\uffff", None),
)
GRAPHS: tuple[Any, ...] = ([], [1e308] * 1_000, [None] * 1_000, [0] * 100_000, [5e-324, -0.0], None)
MEMBERS = {"timeAchieved": TIMES, "comment": TEXTS, "identifier": TEXTS, "artist": TEXTS, "difficulty": TEXTS}


@pytest.fixture
def catalogued(tmp_path: Path) -> None:
    """The few songs of each game that the documents' scores refer to."""
    for songs_file in properties.SEEDS.glob("songs-*.json"):
        game = songs_file.stem.removeprefix("songs-")
        songs = json.loads(songs_file.read_bytes())[: properties.FEW]
        known = {song["id"] for song in songs}
        charts = json.loads((properties.SEEDS / f"charts-{game}.json").read_bytes())
        (tmp_path / songs_file.name).write_text(json.dumps(songs))
        (tmp_path / f"charts-{game}.json").write_text(json.dumps([row for row in charts if row["songID"] in known]))
    load(tmp_path)


@st.composite
def at_the_bounds(draw: st.DrawFn) -> bytes:
    """A valid document except for some members, whose values are at the limits of JSON."""
    document = json.loads(json.dumps(draw(st.sampled_from(DOCUMENTS))))
    for row in document["scores"]:
        for name in draw(st.sets(st.sampled_from(sorted({*row, *MEMBERS})), max_size=3)):
            row[name] = draw(_instead_of(name, row.get(name)))
    return json.dumps(document).encode()


def _instead_of(name: str, value: Any) -> st.SearchStrategy[Any]:
    """Hostile values of the same kind as the value; for an object, of some of its members."""
    if isinstance(value, dict):
        some = {key: _instead_of(key, inner) for key, inner in value.items()}
        return st.fixed_dictionaries({}, optional=some).map(lambda changed: {**value, **changed})
    if name in MEMBERS:
        return st.sampled_from(MEMBERS[name])
    if isinstance(value, list):
        return st.sampled_from(GRAPHS)
    return st.sampled_from(TEXTS if isinstance(value, str) else NUMBERS)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A document with a hostile value in any place."""
    chance: Random = draw(st.randoms(use_true_random=False))
    return hostile_values.spoilt(draw(st.sampled_from(DOCUMENTS)), chance)


@in_parts(EXAMPLES)
@PIPELINE_SETTINGS
@given(content=st.one_of(at_the_bounds(), spoilt()), skip=st.booleans(), infer=st.booleans())
@pytest.mark.usefixtures("catalogued")
@undone()
def test_an_import_of_hostile_values_ends_and_can_be_read_and_reverted(
    part: int, content: bytes, skip: bool, infer: bool
) -> None:
    alice = people.alice()
    fields = {"invalid": "skip"} if skip else {}
    upload = jobs.Upload(
        content=content, import_type="file/batch-manual", fields=fields, infer_time_achieved=infer, file_name="x.json"
    )
    job = factories.run_job(jobs.submit(alice, upload))
    event(f"{job.state}, {'some' if job.score_count else 'no'} scores")
    assert_ended_with_a_message(job)
    assert check_player(alice) == []
    assert_readable(alice, job)
    if job.state == State.COMPLETED:
        assert_imported_once(alice, job, upload)
        revert(job, RevertRequest(by=alice))
        assert not any(state_of(alice).values())


def assert_ended_with_a_message(job: Import) -> None:
    if job.state == State.COMPLETED:
        assert job.row_count == job.score_count + job.duplicate_count + job.problem_count
        assert job.score_count == Score.objects.count()
    else:
        assert job.state == State.FAILED
        assert 400 <= (job.status_code or 0) < 500, (job.error_message, job.traceback)
        assert job.error_message
        assert not Score.objects.exists()
    broken = ImportProblem.objects.filter(type=ProblemType.INTERNAL)
    assert not broken.exists(), list(broken.values("message", "datapoint"))


def assert_readable(user: User, job: Import) -> None:
    """Reads the import by API and page."""
    client = people.session_of(user)
    addresses = ["/poll-status"] if job.state == State.FAILED else ["", "/poll-status", "/errors"]
    for address in addresses:
        response = client.get(f"/api/v1/imports/{job.import_id}{address}")
        content = b"".join(response)
        assert response.status_code < 500, content
        json.loads(content, parse_constant=_no_json)
    assert client.get(f"/imports/{job.import_id}/").status_code == 200


def _no_json(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def assert_imported_once(user: User, job: Import, upload: jobs.Upload) -> None:
    """Imports the file again: all its scores are duplicates."""
    again = factories.run_job(jobs.submit(user, upload))
    assert (again.state, again.row_count) == (State.COMPLETED, job.row_count)
    if not upload.infer_time_achieved:
        assert again.score_count == 0
    revert(again, RevertRequest(by=user))
