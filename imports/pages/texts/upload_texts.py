"""Texts of uploads: the upload form, and the check before an import. No database access."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext

from imports.pages.texts.formatting import file_size, or_listed
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

NEW, AMBIGUOUS, INVALID = gettext_lazy("new"), gettext_lazy("ambiguous"), gettext_lazy("invalid")
NOTHING_NEW = gettext_lazy("Nothing new in this file")
BUSY = gettext_lazy("Another large file is being checked. Try again in a few seconds.")
NOT_KEPT = gettext_lazy(
    "The file was checked, but the server has no room to keep it. You can import it without checking."
)
SIGNED_OUT = gettext_lazy(
    "Nothing was imported: you have been signed out. Reload this page, sign in and upload the file again."
)
SIGN_IN_TO_SHARE = gettext_lazy("Sign in, then share the file again.")
PAGE_EXPIRED = gettext_lazy(
    "Nothing was imported: this page was opened before you last signed in. Reload it and upload the file again."
)
NOTHING_IMPORTED = gettext_lazy("Nothing was imported.")
NOT_ALL_VALID = gettext_lazy(
    "Nothing was imported, because some rows have problems. Uncheck “Import all or nothing” to import the others."
)
IMPORT_ANYWAY = gettext_lazy("Import anyway")
THE_CHECK = gettext_lazy("File check")
WOULD_BE_KEPT = gettext_lazy("Saved until the song is known")
# Differs from the advice of a finished import: these rows are not stored yet.
CHECK_ADVICE = {
    "SongOrChartNotFound": WOULD_BE_KEPT,
    "OrphanExists": gettext_lazy("Already saved by an earlier import"),
    "InvalidDatapoint": gettext_lazy("Skipped. Fix it in the file."),
    "AmbiguousTitle": gettext_lazy("Skipped unless you pick the chart"),
    "InternalError": gettext_lazy("Tell the server's administrator"),
}


def new_scores_heading(new: int) -> str:
    if not new:
        return NOTHING_NEW
    return ngettext("{count} score ready to import", "{count} scores ready to import", new).format(count=f"{new:,}")


def imported_before(scores: int) -> str:
    """Returns the note about a file without new scores."""
    return ngettext("{count} score was imported before.", "{count} scores were imported before.", scores).format(
        count=f"{scores:,}"
    )


def import_scores_button(new: int) -> str:
    """Returns the text of the button: `Import 214 scores`."""
    if not new:
        return IMPORT_ANYWAY
    return ngettext("Import {count} score", "Import {count} scores", new).format(count=f"{new:,}")


def stops_at_problems(problems: int) -> str:
    """Returns what "all or nothing" does to a file with these problems."""
    return ngettext(
        "Stop if any row has a problem. With {count} such row, nothing would be imported.",
        "Stop if any row has a problem. With {count} such rows, nothing would be imported.",
        problems,
    ).format(count=f"{problems:,}")


def rows_with_problems(problems: int) -> str:
    return ngettext("{count} row can't be imported", "{count} rows can't be imported", problems).format(
        count=f"{problems:,}"
    )


def rows_named(rows: Sequence[int]) -> str:
    """Returns the rows with a title: `Row 41`, `5 rows`."""
    if len(rows) == 1:
        return _("Row {row}").format(row=f"{rows[0]:,}")
    return ngettext("{count} row", "{count} rows", len(rows)).format(count=f"{len(rows):,}")


def use_chart_button(rows: int) -> str:
    return ngettext("Use this chart", "Use this chart for {count} rows", rows).format(count=f"{rows:,}")


def listed_part_note(listed: int, all_of_them: int) -> str:
    return _("Showing the first {listed} of {all_of_them}.").format(
        listed=f"{listed:,}", all_of_them=f"{all_of_them:,}"
    )


def deleted_scores_note(count: int) -> str:
    """Returns the note next to the duplicates about scores that the player has deleted permanently."""
    return _("{count} deleted by you").format(count=f"{count:,}") if count else ""


def internal_errors(count: int) -> str:
    return _("{count} failed on our side").format(count=f"{count:,}") if count else ""


def check_rail_label(new: int, duplicates: int, bad: int, rows: int) -> str:
    return _("{new} new, {duplicates} duplicates, {bad} skipped, out of {rows}").format(
        new=f"{new:,}", duplicates=f"{duplicates:,}", bad=f"{bad:,}", rows=f"{rows:,}"
    )


def row_label(count: int) -> str:
    """Returns the label below the number of rows of a file."""
    return npgettext("below a number", "row", "rows", count)


def skipped_duplicate_label(count: int) -> str:
    """Returns the label below the number of rows that will be skipped as duplicates."""
    return ngettext("duplicate, skipped", "duplicates, skipped", count)


def unknown_chart_label(count: int) -> str:
    """Returns the label below the number of rows with unknown charts."""
    return npgettext("below a number", "unknown chart", "unknown charts", count)


def about_file(size: int, kind: str, game: str, rows: int, service: str) -> str:
    """Returns `61 KB, Batch-Manual file, SOUND VOLTEX, 235 rows from Night Logger`."""
    return ngettext(
        "{size}, {kind}, {game}, {count} row from {service}",
        "{size}, {kind}, {game}, {count} rows from {service}",
        rows,
    ).format(size=file_size(size), kind=kind, game=game, count=f"{rows:,}", service=service)


def export_of(username: str, instance: str) -> str:
    """Returns `Export of alice from https://scores.example.org. Import it only if these are your own scores.`"""
    if not username:
        return _("Import an export only if these are your own scores.")
    if not instance:
        return _("Export of {username}. Import it only if these are your own scores.").format(username=username)
    return _("Export of {username} from {instance}. Import it only if these are your own scores.").format(
        username=username, instance=instance
    )


def games_imported(count: int) -> str:
    return ngettext("{count} import has started.", "{count} imports have started, one for each game.", count).format(
        count=count
    )


# --- upload form -----------------------------------------------------------------------------------

NOT_RECOGNIZED = gettext_lazy("Nothing was imported: this isn't a file type this server supports.")
FIND_OUT = gettext_lazy("Detect from the content")
AS_NAMED = gettext_lazy("According to the file's name")
FIELD_LABELS = {"playtype": gettext_lazy("SP or DP (beatmania IIDX CSV files)")}


def recognized_as(name: str) -> str:
    """Returns `Detected format: e-amusement CSV (SOUND VOLTEX).`"""
    return _("Detected format: {name}.").format(name=name)


def say_which(name: str, values: Sequence[str]) -> str:
    """Returns the question for a missing additional field."""
    return _("This is {name}. Choose {choices} and check the file again.").format(name=name, choices=or_listed(values))


def cancelled(percent: int | None, *, is_by_reader: bool) -> str:
    """Returns how far a cancelled import had come; `percent` is None if it had not started, or that is unknown."""
    if percent is None:
        return _("It was cancelled before anything was saved.")
    if is_by_reader:
        return _("You cancelled this import at {percent}%, before anything was saved.").format(percent=percent)
    return _("It was cancelled at {percent}%, before anything was saved.").format(percent=percent)


def upload_as(kind: str) -> str:
    """Returns the text of a button: `Upload as beatmania IIDX SP`."""
    return _("Upload as {kind}").format(kind=kind)


NO_OTHER_KIND = gettext_lazy("This file can't be imported as another kind of file anymore.")
