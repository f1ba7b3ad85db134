"""Texts about failed imports, rows with problems, and their correction. No database access."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imports.formats.lookalikes import Difference
from imports.pages.texts.formatting import and_listed, listed, sentence, written_day
from imports.pages.texts.translation import gettext_lazy

UNKNOWN_SONG = gettext_lazy("Unknown song")
UNKNOWN_CHART = gettext_lazy("Unknown chart")
NO_SUCH_TITLE = gettext_lazy("No known song has this title.")
NO_SUCH_NUMBER = gettext_lazy("No known song or chart has this ID.")
SEVERAL_SONGS = gettext_lazy("More than one song has this title. Pick the one you played.")
NO_NEW_BEST = gettext_lazy("No new best")


def song_without_chart(song: str, difficulty: str, others: Sequence[str]) -> str:
    """Returns `Title has no ULT chart. It has NOV, ADV and EXH.`; `others` may be empty."""
    missing = _("{song} has no {difficulty} chart.").format(song=song, difficulty=difficulty)
    return _("{sentence} It has {charts}.").format(sentence=missing, charts=and_listed(others)) if others else missing


def chart_of_song(song: str) -> str:
    """Returns the error of a row with a known song and an unknown chart."""
    return _("{song} has no such chart.").format(song=song)


def is_it(song: str, *, is_one_letter: bool) -> str:
    """Returns the question whether an unknown title means a known song."""
    if is_one_letter:
        return _("Is it “{song}”? One letter differs.").format(song=song)
    return _("Is it “{song}”?").format(song=song)


def named_song(identifier: str, song: str) -> str:
    """Returns the name of a song that a row identifies by a number: `Title (in-game ID 7)`."""
    return _("{song} ({identifier})").format(song=song, identifier=identifier)


def violation_in_row(field: str, row: int | None, *, expected: str, is_date: bool, is_missing: bool) -> str:
    """Returns the error of one value in a row. `row` is None if the page shows the row next to the error."""
    if is_date and row is not None:
        return _("Row {row} has a date in seconds. Dates must be in milliseconds.").format(row=f"{row:,}")
    if is_date:
        return _("The date is in seconds. Dates must be in milliseconds.")
    if row is None:
        text = _("“{field}” is missing.") if is_missing else _("“{field}” has a value that is not allowed.")
    elif is_missing:
        text = _("Row {row} has no “{field}”.")
    else:
        text = _("Row {row} has a value in “{field}” that is not allowed.")
    error = text.format(row="" if row is None else f"{row:,}", field=field)
    return error if is_missing else _("{sentence} Expected: {expected}.").format(sentence=error, expected=expected)


def picked_outcome(bests: int, *, is_first: bool, gain: str) -> str:
    """Returns the predicted outcome of rows on their picked charts: `Counts as a new best, +0.006 VOLFORCE`."""
    if not bests:
        return str(NO_NEW_BEST)
    if is_first:
        outcome = ngettext("Counts as a first play", "Counts as {count} first plays", bests)
    else:
        outcome = ngettext("Counts as a new best", "Counts as {count} new bests", bests)
    return listed([outcome.format(count=f"{bests:,}"), *filter(None, [gain])])


def problems_left_out(count: int, kinds: dict[str, int]) -> tuple[str, str]:
    """Returns `3 rows weren't imported:` and the reasons by type."""
    rows = ngettext("{count} row wasn't imported:", "{count} rows weren't imported:", count).format(count=f"{count:,}")
    return rows, sentence(listed([_problems_of_kind(kind, number) for kind, number in kinds.items()]))


def _problems_of_kind(kind: str, count: int) -> str:
    """Returns `2 unknown songs or charts`."""
    match kind:
        case "SongOrChartNotFound":
            text = ngettext("{count} unknown song or chart", "{count} unknown songs or charts", count)
        case "OrphanExists":
            text = ngettext("{count} unknown (already saved)", "{count} unknown (already saved)", count)
        case "InvalidDatapoint":
            text = ngettext("{count} impossible value", "{count} impossible values", count)
        case "AmbiguousTitle":
            text = ngettext("{count} ambiguous title", "{count} ambiguous titles", count)
        case _:
            text = ngettext("{count} server error", "{count} server errors", count)
    return text.format(count=f"{count:,}")


# --- failed imports --------------------------------------------------------------------------------

ROW, FIELD, IN_THE_FILE = gettext_lazy("Row"), gettext_lazy("Field"), gettext_lazy("In the file")
EXPECTED, SAME_PROBLEM = gettext_lazy("Expected"), gettext_lazy("Same problem")
ENDS_EARLY = gettext_lazy("The file ends too early. It was probably not downloaded or saved completely.")
NO_JSON = gettext_lazy("The file is not valid JSON.")
WRONG_COLUMNS = gettext_lazy("The columns of this CSV are not those of its kind of file.")
FIRST_LINE = gettext_lazy("First line")
FILE_ENDS_EARLY = gettext_lazy("The file ends too early.")
NOT_SAVED_COMPLETELY = gettext_lazy("It was probably not downloaded or saved completely.")


def cut_off_in_row(row: int) -> str:
    return _("The file ends in the middle of row {row}.").format(row=f"{row:,}")


def looks_like(kind: str, uploaded_as: str) -> str:
    """Returns the error of a file of another kind: `This looks like e-amusement CSV (beatmania IIDX), but …`"""
    return _("This looks like {kind}, but it was uploaded as {other}.").format(kind=kind, other=uploaded_as)


def failure_reason(status: int) -> str:
    if status >= 500:
        return _("Something went wrong on our side.")
    return _("The file isn't valid.")


def failure_advice(status: int) -> str:
    if status >= 500:
        return _("It has been logged, and nothing was partly saved. Retry, or tell the server's administrator.")
    return _("Fix the file and upload it again. Scores you already have are skipped.")


def violation(field: str, rows: int, *, is_date: bool, is_missing: bool, in_row: bool) -> str:
    """Returns the error of a value: `3 rows have a date in seconds. Dates must be in milliseconds.`"""
    if not in_row:
        text = _("“{field}” is missing.") if is_missing else _("“{field}” has a value that is not allowed.")
        return text.format(field=field)
    if is_date:
        text = ngettext(
            "{count} row has a date in seconds. Dates must be in milliseconds.",
            "{count} rows have a date in seconds. Dates must be in milliseconds.",
            rows,
        )
    elif is_missing:
        text = ngettext("{count} row has no “{field}”.", "{count} rows have no “{field}”.", rows)
    else:
        text = ngettext(
            "{count} row has a value in “{field}” that is not allowed.",
            "{count} rows have a value in “{field}” that is not allowed.",
            rows,
        )
    return text.format(count=f"{rows:,}", field=field)


def violation_advice(*, is_date: bool) -> str:
    if is_date:
        return _("Add three zeros to each, or leave these rows out.")
    return _("Fix the file and upload it again. Scores you already have are skipped.")


def rows_listed(rows: Sequence[int], *, limit: int) -> str:
    """Returns the other rows with the same problem: `rows 73 and 189`, `rows 1, 2, 3 and 40 more`."""
    named = [f"{row:,}" for row in rows[:limit]]
    if len(rows) > limit:
        named.append(_("{count} more").format(count=f"{len(rows) - limit:,}"))
    return ngettext("row {rows}", "rows {rows}", len(rows)).format(rows=and_listed(named))


def read_as_day(moment: datetime) -> str:
    """Returns the date that a number was read as: `read as 21 Jan 1970`."""
    return _("read as {day}").format(day=written_day(moment))


# --- matching and correcting rows ------------------------------------------------------------------

_DIFFERENCES: dict[Difference, str] = {
    Difference.TILDES: gettext_lazy("tildes"),
    Difference.QUOTES: gettext_lazy("quotation marks"),
    Difference.DASHES: gettext_lazy("dashes"),
    Difference.DOTS: gettext_lazy("middle dots"),
    Difference.BLANKS: gettext_lazy("spaces"),
    Difference.INVISIBLE: gettext_lazy("invisible characters"),
    Difference.ENTITIES: gettext_lazy("HTML entities"),
    Difference.WIDTH: gettext_lazy("full and half width"),
}
NO_MATCH_LEFT = gettext_lazy("No row of this import has a sure match anymore.")
NOT_CORRECTABLE = gettext_lazy("This row doesn't need a chart.")
ALREADY_CORRECTED = gettext_lazy("This row was already imported on the chart you picked.")
CORRECTED = gettext_lazy("Chart picked")
IN_AS_CHOSEN = gettext_lazy("Imported on the picked chart")
WAS_IN_AS_CHOSEN = gettext_lazy("Imported on the picked chart; the score has since been deleted")
CHOOSE_ONE = gettext_lazy("Pick the chart you played.")


def likeness_text(title: str, differs_in: Sequence[Difference]) -> str:
    """Returns `Differs only in tildes and spaces from “Title”`."""
    if not differs_in:
        return _("“{title}” is now known").format(title=title)
    named = [_DIFFERENCES[each] for each in differs_in]
    return _("Differs only in {what} from “{title}”").format(what=and_listed(named), title=title)


def sure_match(title: str, differs_in: Sequence[Difference]) -> str:
    """Returns why a title is a sure match: `100% sure: differs only in tildes from “Title”`."""
    if not differs_in:
        return _("{percent} sure: “{title}” is now known").format(percent="100%", title=title)
    named = [_DIFFERENCES[each] for each in differs_in]
    return _("{percent} sure: differs only in {what} from “{title}”").format(
        percent="100%", what=and_listed(named), title=title
    )


def likely_match(percent: int, *, is_one_letter: bool) -> str:
    """Returns why a title is a likely match: `96% likely: one letter differs`."""
    if percent == 100:
        return _("{percent} likely: the titles are the same").format(percent=f"{percent}%")
    if is_one_letter:
        return _("{percent} likely: one letter differs").format(percent=f"{percent}%")
    return _("{percent} likely: the titles are much alike").format(percent=f"{percent}%")


def no_such_chart(difficulties: Sequence[str]) -> str:
    """Returns why a likely song cannot be used directly."""
    return _("This song has no {difficulties} chart.").format(difficulties=listed(difficulties))


SURE, LIKELY, NO_MATCHES = gettext_lazy("Sure"), gettext_lazy("Likely"), gettext_lazy("No match")


def sure_matches(rows: int) -> str:
    return ngettext(
        "{rows} row names a song that differs only in look-alike characters from a known one. It "
        "can be imported now, as a separate import.",
        "{rows} rows name songs that differ only in look-alike characters from known ones. They can"
        " be imported now, as a separate import.",
        rows,
    ).format(rows=f"{rows:,}")


def choose_chart_heading(identifier: str) -> str:
    return _("Which chart did you play for “{identifier}”?").format(identifier=identifier)


def same_name_notice(count: int) -> str:
    return ngettext(
        "Applies to {count} row with this title.",
        "Applies to all {count} rows with this title.",
        count,
    ).format(count=f"{count:,}")


def import_rows_button(count: int) -> str:
    return ngettext("Import {count} row on this chart", "Import {count} rows on this chart", count).format(
        count=f"{count:,}"
    )


def import_rest_choice(good: int, rows: int, *, are_complete: bool = False) -> tuple[str, str]:
    """Returns the text of the button, and a note on the rows that would be skipped: `Import the 39 good rows`.

    `are_complete`: the file is truncated, and has no other errors.
    """
    bad = rows - good
    if are_complete:
        text = ngettext("Import the {count} complete row", "Import the {count} complete rows", good)
        return text.format(count=f"{good:,}"), _("The incomplete end of the file would be skipped.")
    return (
        ngettext("Import the {count} good row", "Import the {count} good rows", good).format(count=f"{good:,}"),
        ngettext(
            "{count} row of {all_of_them} would be skipped.", "{count} rows of {all_of_them} would be skipped.", bad
        ).format(count=f"{bad:,}", all_of_them=f"{rows:,}"),
    )
