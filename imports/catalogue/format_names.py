"""Names of the formats in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from imports.formats import BY_IMPORT_TYPE

# Names of programs and services are not translated. A test checks that the English names equal those of the formats.
NAMES = {
    "file/batch-manual": _("Batch-Manual file"),
    "file/mypagescraper-records-csv": _("mypage-scraper records (WACCA)"),
    "file/mypagescraper-player-csv": _("mypage-scraper player (WACCA)"),
    "file/import-class": _("Classes given by hand"),
    "ir/fervidex-static": _("Fervidex, stored scores"),
    "ir/kshook-sv6c-static": _("KsHook, stored scores"),
    "file/tachi-scores": _("Scores from Tachi (Kamaitachi, Bokutachi)"),
    "file/tachi-imports-export": _("Export of Tachi Imports"),
}


def format_name(import_type: str) -> str:
    """Returns a format's name, or the import type itself if this release no longer reads it."""
    found = BY_IMPORT_TYPE.get(import_type)
    return str(NAMES.get(import_type) or (found.name if found else import_type))
