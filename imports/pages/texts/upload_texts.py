"""What the pages say of uploads: giving a file, and checking it before it is imported. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imports.pages.texts.formatting import file_size
from imports.pages.texts.translation import gettext_lazy

# --- uploads ----------------------------------------------------------------------------------------

CHOOSE_A_FILE = gettext_lazy("Choose a file or paste its text.")
EMPTY_FILE = gettext_lazy("This file is empty. Nothing was imported.")
ONE_OR_THE_OTHER = gettext_lazy("Choose a file or paste its text, not both.")
NOT_JSON = gettext_lazy("This isn't a BATCH-MANUAL file. BATCH-MANUAL is JSON and starts with a brace ({).")
UNKNOWN_KIND = gettext_lazy("This server doesn't support this import type.")
PASTED = gettext_lazy("Pasted text")


def too_large(limit: int) -> str:
    return _("Nothing was imported: the file is larger than {limit}.").format(limit=file_size(limit))


# --- checking ---------------------------------------------------------------------------------------

ROWS, NEW, DUPLICATES_SKIPPED = gettext_lazy("rows"), gettext_lazy("new"), gettext_lazy("duplicates, skipped")
UNKNOWN_CHART, AMBIGUOUS, INVALID = gettext_lazy("unknown chart"), gettext_lazy("ambiguous"), gettext_lazy("invalid")
NOTHING_NEW = gettext_lazy("Nothing new in this file")
BUSY = gettext_lazy("Another large file is being checked. Try again in a few seconds.")
NOT_KEPT = gettext_lazy(
    "The file was checked, but the server has no room to keep it. You can import it without checking."
)
CHECK_EXPIRED = gettext_lazy("This check has expired, and nothing was imported. Upload the file again.")
SIGNED_OUT = gettext_lazy(
    "Nothing was imported: you have been signed out. Reload this page, sign in and upload the file again."
)
SIGN_IN_TO_SHARE = gettext_lazy("Sign in, then share the file again.")
PAGE_EXPIRED = gettext_lazy(
    "Nothing was imported: this page was opened before you last signed in. Reload it and upload the file again."
)
NOTHING_IMPORTED = gettext_lazy("Nothing was imported.")
NOT_ALL_VALID = gettext_lazy("Nothing was imported: some rows can't be imported.")
IMPORT_ANYWAY = gettext_lazy("Import anyway")
WOULD_BE_KEPT = gettext_lazy("Saved until the song is known")
# Another advice than that of a finished import: nothing has happened to these rows yet.
CHECK_ADVICE = {
    "SongOrChartNotFound": gettext_lazy("Saved until the song is known. You can pick the chart after the import."),
    "OrphanExists": gettext_lazy("Already saved by an earlier import"),
    "InvalidDatapoint": gettext_lazy("Skipped. Fix it in the file."),
    "AmbiguousTitle": gettext_lazy("Skipped. You can pick the chart after the import."),
    "InternalError": gettext_lazy("Tell the server's administrator"),
}


def new_scores_heading(new: int) -> str:
    if not new:
        return NOTHING_NEW
    return ngettext("{count} score ready to import", "{count} scores ready to import", new).format(count=f"{new:,}")


def import_scores_button(new: int) -> str:
    """The button: `Import 214 scores`."""
    if not new:
        return IMPORT_ANYWAY
    return ngettext("Import {count} score", "Import {count} scores", new).format(count=f"{new:,}")


def all_rows_needed(rows: int, problems: int) -> str:
    return ngettext(
        "All or nothing requires all {rows} rows to be valid; {count} row is not.",
        "All or nothing requires all {rows} rows to be valid; {count} rows are not.",
        problems,
    ).format(rows=f"{rows:,}", count=f"{problems:,}")


def rows_with_problems(problems: int) -> str:
    return ngettext("{count} row can't be imported", "{count} rows can't be imported", problems).format(
        count=f"{problems:,}"
    )


def rows_named(rows: Sequence[int]) -> str:
    """Which rows name a title: `Row 41`, `5 rows`."""
    if len(rows) == 1:
        return _("Row {row}").format(row=f"{rows[0]:,}")
    return ngettext("{count} row", "{count} rows", len(rows)).format(count=f"{len(rows):,}")


def listed_part_note(listed: int, all_of_them: int) -> str:
    return _("Showing the first {listed} of {all_of_them}.").format(
        listed=f"{listed:,}", all_of_them=f"{all_of_them:,}"
    )


def deleted_scores_note(count: int) -> str:
    """The small print beside the duplicates: scores that the player has deleted for good."""
    return _("{count} deleted by you").format(count=f"{count:,}") if count else ""


def internal_errors(count: int) -> str:
    return _("{count} failed on our side").format(count=f"{count:,}") if count else ""


def check_rail_label(new: int, duplicates: int, bad: int, rows: int) -> str:
    return _("{new} new, {duplicates} duplicates, {bad} skipped, out of {rows}").format(
        new=f"{new:,}", duplicates=f"{duplicates:,}", bad=f"{bad:,}", rows=f"{rows:,}"
    )


def about_file(size: int, kind: str, game: str, rows: int, service: str) -> str:
    """`61 KB, Batch-Manual file, SOUND VOLTEX, 235 rows from Night Logger`."""
    return ngettext(
        "{size}, {kind}, {game}, {count} row from {service}",
        "{size}, {kind}, {game}, {count} rows from {service}",
        rows,
    ).format(size=file_size(size), kind=kind, game=game, count=f"{rows:,}", service=service)


# --- giving a file ---------------------------------------------------------------------------------

NOT_RECOGNIZED = gettext_lazy("Nothing was imported: this isn't a file type this server supports.")
FIND_OUT = gettext_lazy("Detect from the content")
AS_NAMED = gettext_lazy("According to the file's name")
FIELD_LABELS = {"playtype": gettext_lazy("SP or DP (beatmania IIDX CSV files)")}


def recognized_as(name: str) -> str:
    """`It was read as e-amusement CSV (SOUND VOLTEX).`"""
    return _("Read as {name}.").format(name=name)


def say_which(name: str, values: Sequence[str]) -> str:
    """What is missing beside a file."""
    choices = get_text_list(list(values), _("or"))
    return _("This is {name}. Choose {choices} and check the file again.").format(name=name, choices=choices)
