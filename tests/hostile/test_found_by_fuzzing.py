"""Findings of the fuzzer (`script/fuzz`), each reduced to its smallest form."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from imports import jobs
from imports.formats.text import storable
from imports.models import ImportProblem, State
from imports.seeds.rows import SeedsBroken
from imports.seeds.sources import open_source
from tests import factories, people
from tests.formats.factories import failure
from tests.hostile import properties


@pytest.mark.parametrize(
    ("text", "place"),
    [("é", "line 1, column 1"), ('{"é": é}', "line 1, column 7"), ('{"a": 1,\n é: 2}', "line 2, column 2")],
)
def test_the_error_of_a_misplaced_letter_names_its_position(text: str, place: str) -> None:
    """The position that msgspec reports is inside the letter."""
    assert failure(text.encode()).endswith(f" at {place}.)")
    properties.a_body(text.encode())


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
def test_a_number_that_json_cannot_express_is_stored_as_null(number: float) -> None:
    assert storable({"a": [1.5, number]}) == {"a": [1.5, None]}


@pytest.mark.django_db
def test_a_skipped_row_with_an_infinite_number_has_a_readable_problem() -> None:
    [chart] = factories.charts(1)
    row = {**factories.score_on(chart), "score": "@"}
    content = json.dumps(factories.batch_manual(row)).replace('"@"', "1e400").encode()
    upload = jobs.Upload(content=content, import_type="file/batch-manual", fields={"invalid": "skip"})
    job = factories.run_job(jobs.submit(people.alice(), upload))
    assert job.state == State.COMPLETED
    assert ImportProblem.objects.values_list("datapoint__score", "row").get() == (None, 0)


@pytest.mark.parametrize("name", [b"\0\0\0", b"\xd2\x20\x20", b"\xff\xfe\xff"])
def test_an_archive_with_an_invalid_member_name_is_refused(tmp_path: Path, name: bytes) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("é!", "[]")  # not ASCII, so that it is marked as UTF-8
    path = tmp_path / "seeds.zip"
    path.write_bytes(file.getvalue().replace("é!".encode(), name))
    with pytest.raises(SeedsBroken), open_source(str(path)):
        pass
