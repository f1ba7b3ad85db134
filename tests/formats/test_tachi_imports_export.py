"""The ZIP of an export: an invalid one is refused with a sentence, before anything is unpacked."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from typing import Any

import pytest

from imports.errors import RowProblem
from imports.formats import recognize
from imports.formats.base import ParseOptions
from imports.formats.files import tachi_imports_export
from imports.formats.files.tachi_imports_export import FILE, contents
from imports.formats.parsing import export_archive
from imports.formats.parsing.export_archive import write_archive
from imports.games import GAMES
from tests.formats.factories import failure, parse

ABOUT = {"format": "tachi-imports-export", "version": 1, "instance": "https://a.example.org", "username": "alice"}
SCORES = "scores/sdvx-Single.json"
NOON = 1_763_891_400_000


def score(**members: Any) -> dict[str, Any]:
    return {
        "game": "sdvx", "playtype": "Single", "songID": 1, "chartID": "c" * 40, "service": "Arcade", "comment": None,
        "timeAchieved": NOON, "scoreMeta": {}, "scoreData": {"score": 9_000_000, "lamp": "CLEAR"}, **members,
    }  # fmt: skip


def session(start: float = NOON, end: float = NOON, **members: Any) -> dict[str, Any]:
    return {"game": "sdvx", "playtype": "Single", "name": "A night", "timeStarted": start, "timeEnded": end, **members}


def files(*scores: Any, about: Any = ABOUT, **more: Any) -> dict[str, bytes]:
    """`more`: name without `.json` -> document."""
    documents = {"export": about, SCORES.removesuffix(".json"): {"scores": scores, "songs": [], "charts": []}, **more}
    return {f"{name}.json": json.dumps(document).encode() for name, document in documents.items()}


def export(*scores: Any, **more: Any) -> bytes:
    return write_archive(files(*scores, **more))


def packed(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Returns a ZIP as other programs write it, possibly with invalid names."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


def encrypted(data: bytes) -> bytes:
    """Returns a ZIP with the encryption flag set in every local header and directory entry."""
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data = data[: at + place] + struct.pack("<H", 1) + data[at + place + 2 :]
            at = data.find(signature, at + 4)
    return data


def claimed(data: bytes, size: int) -> bytes:
    """Returns a ZIP whose directory has another size for the first file."""
    at = data.find(b"PK\x01\x02")
    return data[: at + 24] + struct.pack("<I", size) + data[at + 28 :]


GOOD = export(score())
BAD_ZIPS = {
    "no ZIP": (b"PK", "This is no ZIP"),
    "half": (GOOD[: len(GOOD) // 2], "This is no ZIP, or only a part of one: download the export again."),
    "without its end": (GOOD[:-10], "This is no ZIP"),
    "another's": (packed({"word/document.xml": b"<x/>"}), "This ZIP is no export of Tachi Imports"),
    "another format": (export(score(), about={**ABOUT, "format": "x"}), "This ZIP is no export of Tachi Imports"),
    "a manifest that is none": (packed({**files(score()), "export.json": b"[]"}), "This ZIP is no export"),
    "a later version": (
        export(score(), about={**ABOUT, "version": 2}),
        "This export has version 2, and this instance reads version 1.",
    ),
    "a path out of it": (packed({**files(score()), "../evil": b""}), "a path that no export has: ../evil"),
    "a path of Windows": (packed({**files(score()), "..\\evil": b""}), "a path that no export has"),
    "a path from the root": (packed({**files(score()), "/etc/x": b""}), "a path that no export has"),
    "a drive": (packed({**files(score()), "C:x": b""}), "a path that no export has"),
    "encrypted": (encrypted(GOOD), "export.json is encrypted. Pack the export again without a password."),
    "an unusual method": (packed(files(score()), method=zipfile.ZIP_BZIP2), "is packed in a way that is not read here"),
    "a bomb": (
        packed({**files(score()), SCORES: b" " * (40 << 20)}),
        "unpacks to over 100 times its size, which no export does.",
    ),
    "a size that is not true": (claimed(GOOD, 5), "cannot be unpacked"),
    "broken contents": (GOOD.replace(GOOD[45:50], b"zzzzz", 1), "export.json cannot be unpacked"),
    "no scores": (packed({"export.json": files()["export.json"]}), "no scores of a game that is known here"),
    "scores of no game": (export(**{"scores/chess-Blitz": {}}, about=ABOUT), "There are no scores in this file."),
    "scores that are no JSON": (packed({**files(), SCORES: b"{"}), "scores/sdvx-Single.json: Invalid JSON."),
    "scores of another game": (
        export(score(game="iidx", playtype="SP", scoreData={"score": 1, "lamp": "CLEAR"})),
        "Invalid export: scores/sdvx-Single.json: scores[0].game | All scores of a file have to be of one game.",
    ),
    "a comment of a megabyte": (export(score(comment="x" * 10_001)), "Expected a text of at most 10,000 characters."),
    "a time that is none": (export(score(timeAchieved="now")), "Expected a time in Unix milliseconds."),
    "sessions that overlap": (
        export(score(), sessions={"sessions": [session(0, NOON), session(NOON - 1, NOON)]}),
        "Invalid export: sessions.json: sessions of SOUND VOLTEX Single overlap.",
    ),
    "a session that ends before it starts": (
        export(score(), sessions={"sessions": [session(NOON, NOON - 1)]}),
        "sessions of SOUND VOLTEX Single overlap.",
    ),
    "sessions without a name": (export(score(), sessions={"sessions": [{}]}), "Invalid export: sessions.json: "),
    "sessions that are no JSON": (packed({**files(score()), "sessions.json": b"{"}), "sessions.json is no JSON."),
    "a class that nobody knows": (
        export(
            score(), classes={"current": [{"game": "sdvx", "playtype": "Single", "classes": {"dan": "DAN_99"}}]}
        ),
        "Invalid export: classes.json: dan DAN_99 is no class that is known here.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_ZIPS)
def test_an_invalid_export_is_refused_with_a_sentence(name: str) -> None:
    data, message = BAD_ZIPS[name]
    assert message in failure(data, FILE)


def test_an_export_with_a_duplicate_file_name_is_refused() -> None:
    other = SCORES.replace("sdvx", "xxxx")
    twice = packed({**files(score()), other: b"{}"}).replace(other.encode(), SCORES.encode())
    assert failure(twice, FILE) == f"This ZIP has two files with the name {SCORES}."


def test_an_export_with_too_many_or_too_large_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_archive, "MAX_MEMBERS", 2)
    many = packed({**files(score()), "imports/a/b": b""})
    assert failure(many, FILE) == "This ZIP has more than 2 files. Take the folders imports and replays out of it."
    monkeypatch.setattr(export_archive, "MAX_UNPACKED", 500)
    assert "Unpacked, scores/sdvx-Single.json is too large" in failure(export(score(), score()), FILE)


def test_an_export_is_recognized_by_its_manifest_also_in_a_folder() -> None:
    assert recognize(GOOD) is FILE
    assert recognize(packed({"word/document.xml": b"<x/>"})) is None
    again = packed({f"my export/{name}": content for name, content in files(score()).items()})
    assert recognize(again) is FILE
    assert len(parse(again, FILE).rows) == 1
    # An export that the player once uploaded is not the archive's own manifest.
    inside = packed({**files(score()), "imports/abc/export.json": b"{}"})
    assert contents(inside).username == "alice"


def test_invalid_rows_are_skipped_with_their_numbers_across_files() -> None:
    double: dict[str, Any] = {"scores/iidx-SP": {"scores": [], "charts": []}}
    data = export(score(), score(scoreData={"score": -1, "lamp": "CLEAR"}), score(comment=5), **double)
    parsed = parse(data, FILE, skip_invalid=True, fields={"game": "sdvx"})
    assert [row.row for row in parsed.rows if isinstance(row, RowProblem)] == [1, 2]


def test_an_export_keeps_long_comments_and_early_times() -> None:
    [row] = parse(export(score(comment="x" * 5_000, timeAchieved=1_000)), FILE).rows
    assert (row.fields.comment, row.fields.time_achieved) == ("x" * 5_000, 1_000)


def test_a_session_is_imported_if_it_has_scores_and_cut_to_their_times() -> None:
    week = 7 * 86_400_000
    sent = [
        session(NOON - week, NOON + week, anchor=0, edited=["name", "x"]),
        session(NOON + 2 * week, NOON + 3 * week),
    ]
    [one] = parse(export(score(), score(timeAchieved=NOON + 1), sessions={"sessions": sent}), FILE).sessions
    assert (one.start, one.end, one.anchor, one.edited) == (NOON, NOON + 1, NOON, frozenset({"name"}))


def test_a_part_has_only_the_files_that_an_import_of_its_game_reads() -> None:
    two = {"scores/iidx-SP": {"scores": [], "charts": []}, "account": {"about": "me"}, "sessions": {"sessions": []}}
    data = export(score(), **two)
    assert contents(data).games == ("iidx", "sdvx")
    assert "This export has 2 games" in failure(data, FILE)
    assert "This export has no scores of WACCA" in failure(data, FILE, fields={"game": "wacca"})
    cut = contents(data).part(ParseOptions(games=GAMES, now=NOON, fields={"game": "sdvx"}))
    assert zipfile.ZipFile(io.BytesIO(cut)).namelist() == ["export.json", "sessions.json", SCORES]
    assert parse(cut, FILE).context == parse(data, FILE, fields={"game": "sdvx"}).context
    assert tachi_imports_export.contents(cut).games == ("sdvx",)
