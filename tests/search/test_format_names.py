"""The names of formats, in English and in the reader's language."""

from __future__ import annotations

import pytest
from django.utils import translation

from imports.catalogue.format_names import NAMES, format_name
from imports.formats import FORMATS
from imports.formats.base import Format

NAMES_OF_PROGRAMS = {
    *("Barbatos", "Fervidex", "KsHook", "LR2hook", "beatoraja", "unnamed-sdvx-clone", "Direct-Manual"),
    *("PLI CSV (beatmania IIDX)", "Solid State Squad XML (beatmania IIDX)"),
    *("e-amusement CSV (SOUND VOLTEX)", "e-amusement CSV (beatmania IIDX)"),
}


@pytest.mark.parametrize("source", FORMATS, ids=lambda source: source.import_type)
def test_the_english_name_of_a_format_is_its_declared_name(source: Format) -> None:
    assert format_name(source.import_type) == source.name


def test_every_format_name_except_names_of_programs_is_translated() -> None:
    assert {each.name for each in FORMATS if each.import_type not in NAMES} == NAMES_OF_PROGRAMS
    with translation.override("ja"):
        assert format_name("file/tachi-imports-export") == "Tachi Importsのエクスポート"


def test_an_unknown_format_is_named_by_its_import_type() -> None:
    assert format_name("file/gone") == "file/gone"
