"""The strings `kind:value` by which the songs and charts of rows are found. No database access."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from imports.formats.lookalikes import normalize
from imports.formats.parsing.numbers import number_of
from imports.games import javascript

ALIKE = "alike"
"""The kind of key that songs with titles which look alike share. No match type uses it."""

SONG_KINDS = frozenset({"songID", "title", "ddrSongHash", ALIKE})
"""Kinds of key that identify a song; the others identify a chart."""

V3_SONG_ID = re.compile("S[0-9a-f]{19}")


def fold_title(title: str) -> str:
    """Returns a title as it is compared: only case is ignored.

    Each character is folded to one character (Unicode's simple case folding, which Tachi's database uses): "ß" is not
    "ss", "İ" is not "i", and accented and full-width letters differ from plain ones.
    """
    folded = title.casefold()
    return folded if len(folded) == len(title) else "".join(map(_fold, title))


def _fold(character: str) -> str:
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return folded
    return character


def song_keys(song: Mapping[str, Any]) -> list[str]:
    """Returns the strings `kind:value` that find a song, given as a row of the seeds of v2.

    Its ID of v3 is not included: it may be replaced, and both the old and the new ID must find the song.
    """
    keys = [f"songID:{song['id']}"]
    titles = (song["title"], *song.get("altTitles", ()))
    keys += [f"title:{fold_title(title)}" for title in titles]
    keys += [f"{ALIKE}:{form}" for form in map(normalize, titles) if form]
    ddr_song_hash = song.get("data", {}).get("ddrSongHash")
    if ddr_song_hash is not None:
        keys.append(f"ddrSongHash:{ddr_song_hash}")
    return list(dict.fromkeys(keys))


CHART_FIELDS = {
    "inGameID": "inGameID",
    "inGameStrID": "inGameStrID",
    "hashMD5": "hash",
    "hashSHA256": "hash",
    "hashSHA1": "hash",
    "hashGSv3": "hash",
}
"""Member of a chart's data -> kind of key. Each may be one value, a list of values, or null."""


def chart_keys(chart: Mapping[str, Any]) -> list[str]:
    """Returns the strings `kind:value` that find a chart, given as a row of the seeds."""
    data = chart.get("data", {})
    keys = [
        f"{kind}:{javascript.text(value)}" for name, kind in CHART_FIELDS.items() for value in values_of(data, name)
    ]
    return list(dict.fromkeys(keys))


def values_of(data: Mapping[str, Any], name: str) -> list[Any]:
    value = data.get(name)
    return [one for one in (value if isinstance(value, list | tuple) else [value]) if one is not None]


# --- numbers in identifiers -------------------------------------------------------------------------------

_SONG_NUMBER = re.compile(r"-?[0-9]+")


def number_text(identifier: str) -> str | None:
    if identifier.isascii() and identifier.isdigit() and identifier[0] != "0" and len(identifier) < 16:
        return identifier  # fast path for the usual case
    value = number_of(identifier)
    return None if math.isnan(value) else javascript.number(value)


def song_id_text(identifier: str) -> str | None:
    """Returns a song's ID as in keys: that of v3 unchanged, a number in its shortest form. None for other texts."""
    if V3_SONG_ID.fullmatch(identifier):
        return identifier
    if not _SONG_NUMBER.fullmatch(identifier):
        return None
    digits = identifier.removeprefix("-").lstrip("0") or "0"
    return digits if digits == "0" or identifier[0] != "-" else None
