"""Loads courses of BMS and PMS from `bms-course-lookup.json`: inserts and updates by their charts, never deletes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from imports.formats.text import without_mark
from imports.games import BY_SLUG
from imports.models import Course
from imports.seeds.files import COURSES, in_words
from imports.seeds.rows import Line, Name, Problem, SeedsBroken

GAME = "bms"  # the default


class CourseRow(msgspec.Struct, gc=False):
    """A course. Seeds of 2025 have a playtype of BMS, those of 2026 a game as in `bms-7k`."""

    md5sums: Annotated[str, Meta(min_length=1, max_length=2_500)]
    set: Name
    value: Name
    title: Line
    playtype: str = ""
    game: str = GAME

    @property
    def key(self) -> str:
        return f"title {self.title}"


def load(folder: Path) -> tuple[int, int]:
    """Stores the courses of a folder; returns the numbers of new and of changed ones. Raises SeedsBroken."""
    path = folder / COURSES
    if not path.is_file():
        return 0, 0
    try:
        rows = msgspec.json.decode(without_mark(path.read_bytes()), type=list[CourseRow])
    except OSError as error:
        raise SeedsBroken([Problem(path.name, f"cannot be read ({error.strerror})")]) from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SeedsBroken([Problem(path.name, in_words(error))]) from None
    courses = {row.md5sums: course for row, course in zip(rows, _courses(rows), strict=True)}
    stored = {each.md5sums: each for each in Course.objects.filter(md5sums__in=courses)}
    changed = [
        course for md5sums, course in courses.items() if _course_values(course) != _course_values(stored.get(md5sums))
    ]
    Course.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["md5sums"],
        update_fields=["game", "playtype", "class_set", "value", "title"],
    )
    new = len(courses.keys() - stored.keys())
    return new, len(changed) - new


def _courses(rows: Sequence[CourseRow]) -> list[Course]:
    """Returns the courses of these rows. Raises SeedsBroken if one is for an unknown class."""
    places = {f"{game.slug}-{name.lower()}": (game.slug, name) for game in BY_SLUG.values() for name in game.by_name}
    # All problems are collected, so that they can be corrected together.
    problems, found = [], []
    for number, row in enumerate(rows):
        place = f"{row.game}-{row.playtype.lower()}" if row.playtype else row.game
        if place not in places:
            problems.append(Problem(COURSES, f"is of {place}, which is not a known game and playtype", number, row.key))
            continue
        game, playtype = places[place]
        classes = BY_SLUG[game].by_name[playtype].classes.get(row.set)
        # Only provided classes: derived ones follow from ratings, not from courses.
        if classes is None or not classes.is_provided or row.value not in classes.ids:
            problems.append(Problem(COURSES, f"{row.set} {row.value} is not a class of {place}", number, row.key))
        found.append(
            Course(
                md5sums=row.md5sums,
                game=game,
                playtype=playtype,
                class_set=row.set,
                value=row.value,
                title=row.title,
            )
        )
    if problems:
        raise SeedsBroken(problems)
    return found


def _course_values(course: Course | None) -> tuple[str, ...]:
    if course is None:
        return ()
    return (course.game, course.playtype, course.class_set, course.value, course.title)
