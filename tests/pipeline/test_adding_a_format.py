"""The example of docs/adding-a-format.md passes the format contract and works in the whole product."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from imports import formats, jobs
from imports.formats.base import Format
from imports.models import Import, OrphanScore, Score
from imports.pipeline.orphans import reprocess
from tests import people
from tests.api.envelopes import body
from tests.factories import run_job
from tests.formats import test_every_format as contract
from tests.pages.html_parsing import text_of, url_of
from tests.pipeline.factories import revert_import
from tests.pipeline.test_file_formats import assert_outcomes, catalogue_of, imported, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]
PAGE = Path(__file__).parents[2] / "docs" / "adding-a-format.md"


def block(language: str) -> str:
    """Returns the only code block of this language on the page."""
    [found] = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    return str(found)


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Format:
    """The format of the page, registered as described there."""
    file = tmp_path / "notebook.py"
    file.write_text(block("python"), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("notebook", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "notebook", module)
    spec.loader.exec_module(module)
    source: Format = module.FILE
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, source))
    monkeypatch.setattr("imports.jobs.configuration.FORMATS", formats.FORMATS)
    monkeypatch.setitem(formats.BY_IMPORT_TYPE, source.import_type, source)
    return source


@pytest.fixture
def case(notebook: Format) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(block("json"))
    return found


def test_the_example_format_passes_the_contract(notebook: Format, tmp_path: Path) -> None:
    for name in contract.JUNK:
        for skip_invalid in (False, True):
            contract.test_junk_is_refused_with_a_sentence(notebook, name, skip_invalid)
    for skip_invalid in (False, True):
        contract.test_unstorable_input_is_never_stored(notebook, skip_invalid)
    contract.test_a_file_of_a_game_that_is_not_enabled_is_refused(notebook)
    contract.test_the_sample_is_recognized_and_its_rows_match_charts_of_the_sample_catalogue(notebook)
    path = tmp_path / "case.json"
    path.write_text(block("json"), encoding="utf-8")
    contract.test_a_case_file_converts_as_expected(notebook, path)
    contract.test_stored_rows_are_restored_unchanged(notebook, path)
    contract.test_a_file_of_only_the_stored_rows_gives_the_same_rows(notebook, path)
    contract.test_rows_without_a_chart_have_a_chart_reference(notebook, path)


def test_files_of_the_example_format_are_imported_reverted_and_restored(notebook: Format, case: dict[str, Any]) -> None:
    catalogue_of(case)
    user = people.alice()
    job = imported(user, upload(notebook, case))
    assert_outcomes(job, case)
    browser = people.session_of(user)
    left_out = browser.get(url_of(job, "left-out.json"))
    assert left_out.content == b"My notebook\nSecond Light;EXH;1;FAILED\n"
    assert 'left-out.txt"' in left_out["Content-Disposition"]
    revert_import(job)
    assert not Score.objects.exists()
    jobs.restore(job, by=user)
    assert run_job(job).score_count == 1


def test_rows_of_the_example_format_become_orphans_until_their_song_is_known(
    notebook: Format, case: dict[str, Any]
) -> None:
    user = people.alice()
    imported(user, upload(notebook, case))
    catalogue_of(case)
    assert reprocess(user, jobs.enabled_games()).rescued == 1
    assert Score.objects.get().service == "Notebook"
    assert OrphanScore.objects.count() == 1


def test_a_player_uploads_an_example_file_and_picks_a_chart(notebook: Format, case: dict[str, Any]) -> None:
    catalogue_of(case)
    browser = people.session_of(people.alice())
    page = browser.get("/import/").content.decode()
    assert "Notebook (SOUND VOLTEX)" in page
    assert 'href="/import/samples/notebook/"' in page
    assert "file/notebook" in body(browser, "/api/v1/config")["IMPORT_TYPES"]
    checked = browser.post("/import/", {"pasted": case["input"]})
    assert "Notebook (SOUND VOLTEX)" in text_of(browser.get(checked["Location"]))
    browser.post(checked["Location"], {"do": "skip"})
    job = run_job(Import.objects.get())
    chart = Score.objects.get().chart
    browser.post(url_of(job, "problems/1/"), {"chart": chart.pk})
    assert run_job(Import.objects.latest("pk")).score_count == 1
    assert {score.chart_id for score in Score.objects.all()} == {chart.pk}
