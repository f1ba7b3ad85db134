"""The strings by which the songs and charts that a row means are found: `kind:value`. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from imports.formats.lookalikes import normalize
from imports.formats.parsing.numbers import number_of
from imports.games import javascript

ALIKE = "alike"
"""The kind of key that songs with titles which look alike share. No match type asks with it."""

SONG_KINDS = frozenset({"songID", "title", "ddrSongHash", ALIKE})
"""Kinds of key that name a song; the others name a chart."""

V3_SONG_ID = re.compile("S[0-9a-f]{19}")


def fold_title(title: str) -> str:
    """A title as it is compared: case is ignored, nothing else is.

    One character always stands for one (Unicode's simple case folding, which the original's database follows): "ß" is
    not "ss", "İ" is not "i", accents and full-width letters stay apart from plain ones.
    """
    folded = title.casefold()
    return folded if len(folded) == len(title) else "".join(map(_fold, title))


def _fold(character: str) -> str:
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return folded
    return character


def song_keys(song: Mapping[str, Any]) -> list[str]:
    """The strings `kind:value` that a song, as a row of the seeds of v2, can be asked for with.

    Not its ID of v3: that may be replaced by another one, and both go on finding the song.
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
"""Member of a chart's data -> kind of key. Each may hold one value, a list of them, or null."""


def chart_keys(chart: Mapping[str, Any]) -> list[str]:
    """The strings `kind:value` that a chart, as a row of the seeds, can be asked for with."""
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
        return identifier  # the usual case, a hundred thousand times over
    value = number_of(identifier)
    return None if math.isnan(value) else javascript.number(value)


def song_id_text(identifier: str) -> str | None:
    """A song's ID as keys have it: that of v3 as it is, a number in its shortest form. None for any other text."""
    if V3_SONG_ID.fullmatch(identifier):
        return identifier
    if not _SONG_NUMBER.fullmatch(identifier):
        return None
    digits = identifier.removeprefix("-").lstrip("0") or "0"
    return digits if digits == "0" or identifier[0] != "-" else None
