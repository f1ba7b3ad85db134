"""Courses of bms-course-lookup.json are inserted and updated by their charts, never deleted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imports.models import Course
from imports.pipeline import player_charts
from imports.seeds import mirror
from imports.seeds.load import PartlyLoaded, load

pytestmark = pytest.mark.django_db


def course(md5sums: str = "a" * 128, **changes: Any) -> dict[str, Any]:
    row = {"md5sums": md5sums, "playtype": "7K", "set": "genocideDan", "value": "NORMAL_1", "title": "A course"}
    return {name: value for name, value in {**row, **changes}.items() if value is not None}


def write(folder: Path, *rows: Any) -> Path:
    (folder / "bms-course-lookup.json").write_text(json.dumps(rows))
    return folder


def facts() -> list[tuple[str, str, str, str]]:
    return list(Course.objects.order_by("md5sums").values_list("game", "playtype", "class_set", "value"))


def test_courses_are_inserted_updated_and_never_deleted(tmp_path: Path) -> None:
    first = load(write(tmp_path, course(), course("b" * 64, value="NORMAL_2")))
    second = load(write(tmp_path, course(value="OVERJOY")))
    assert (first.new_courses, first.changed_courses) == (2, 0)
    assert (second.new_courses, second.changed_courses) == (0, 1)
    assert facts() == [("bms", "7K", "genocideDan", "OVERJOY"), ("bms", "7K", "genocideDan", "NORMAL_2")]
    assert load(tmp_path).changed_courses == 0


def test_courses_of_2026_have_game_and_playtype_in_one_member(tmp_path: Path) -> None:
    row = course(playtype=None, game="pms-controller", set="dan", value="INSANE_3")
    load(write(tmp_path, row))
    assert facts() == [("pms", "Controller", "dan", "INSANE_3")]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([course(set="nothing")], "nothing NORMAL_1 is not a class of bms-7k"),
        ([course(value="DAN_99")], "genocideDan DAN_99 is not a class of bms-7k"),
        ([course(playtype="9K")], "is of bms-9k, which is not a known game and playtype"),
        ([course(title=5)], "title: expected text"),
        ([5], "expected an object"),
    ],
)
def test_broken_courses_are_reported_and_none_is_loaded(tmp_path: Path, rows: list[Any], message: str) -> None:
    with pytest.raises(PartlyLoaded) as broken:
        load(write(tmp_path, *rows, course("c" * 64)))
    assert message in " ".join(broken.value.lines())
    assert not Course.objects.exists()


def test_charts_added_by_imports_use_the_lock_of_loads() -> None:
    assert vars(player_charts)["CATALOGUE_LOCK"] == vars(mirror)["CATALOGUE_LOCK"]
