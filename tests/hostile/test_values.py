"""Documents with hostile values in every place, with the properties that the fuzzer also uses."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import zipfile
import zlib
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imports.api.core.parsers import MAX_BODY_BYTES
from tests.examples import examples
from tests.hostile import hostile_values, properties
from tests.hostile.hostile_values import deep

DOCUMENTS = list(properties.good_documents())
PLAYTYPES = [f"{each['meta']['game']}:{each['meta']['playtype']}" for each in DOCUMENTS]


@pytest.mark.quick_rows(6)
@pytest.mark.parametrize("document", DOCUMENTS, ids=PLAYTYPES)
def test_a_document_with_hostile_values_is_read_or_refused_with_a_message(document: Any) -> None:
    chance = Random(str(document))
    for _ in range(60):
        properties.a_document(hostile_values.spoilt(document, chance))


@settings(max_examples=examples(15, ci=60))
@given(document=st.sampled_from(DOCUMENTS), at=st.integers(0, 2_000), junk=st.binary(min_size=1, max_size=4))
def test_a_document_with_broken_bytes_is_read_or_refused_with_a_message(document: Any, at: int, junk: bytes) -> None:
    data = json.dumps(document, ensure_ascii=False).encode()
    place = at % len(data)
    properties.a_document(data[:place] + junk + data[place + len(junk) :])
    properties.a_body(data[:place] + junk + data[place:])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "shift_jis", "latin-1", "utf-7"])
def test_a_document_in_another_encoding_is_read_or_refused_with_a_message(encoding: str) -> None:
    data = json.dumps(DOCUMENTS[0], ensure_ascii=False).encode(encoding, "replace")
    properties.a_document(data)
    properties.a_body(data)


FILES = list(properties.files())
PARTS = (
    b"", b"0", b"-1", b"1e999", b"NaN", b"9" * 40, b'"', b'""', b",", b"\n", b"\r", b"[", b"]", b"<", b"</song>", b"&",
    b"]]>", b"\0", b"\xff", b"\xef\xbb\xbf", "†".encode(),
    "\u3000".encode(), "楽曲名".encode("cp932"), b"true", b"constructor",
    b"2021-03-14 01:59", b"<x>" * 50, b"Sparkle Shower", b"x" * 20_000,
)  # fmt: skip
"""Replacements for a part of a file."""


@pytest.mark.quick_rows(12)
@pytest.mark.parametrize("file", range(len(FILES)))
def test_a_file_with_hostile_parts_is_read_or_refused_with_a_message(file: int) -> None:
    """One or two of its cells, elements or texts are replaced at a time. Read by every format."""
    chance = Random(file)
    for _ in range(25):
        parts = re.split(rb"([,;<>\n\"])", FILES[file])
        for _ in range(chance.choice((1, 1, 2))):
            parts[chance.randrange(len(parts))] = chance.choice(PARTS)
        properties.a_document(b"".join(parts))


MANY = 600_000 if os.environ.get("CI") else 100_000
BOMBS = {
    "brackets": b"[" * 4_000_000,
    "braces": b'{"a":' * 800_000,
    "a deep end": json.dumps(deep(900)).encode(),
    "digits": b'{"scores": ' + b"9" * 4_000_000 + b"}",
    "zeros": b"0." + b"0" * 4_000_000 + b"1",
    "an exponent": b'{"scores": [1e' + b"9" * 4_000_000 + b"]}",
    "escapes": b'"' + b"\\u0000" * MANY + b'"',
    "backslashes": b'"' + b"\\" * 4_000_000 + b'"',
    "empty objects": b"[" + b"{}," * MANY + b"{}]",
    "one key many times": b"{" + b'"a":1,' * MANY + b'"a":1}',
    "gzip": gzip.compress(bytes(64_000_000)),
    "gzip in gzip": gzip.compress(gzip.compress(bytes(64_000_000))),
    "many small gzips": gzip.compress(b"") * 100_000,
    "deflate": zlib.compress(b"[" * 64_000_000),
    "as large as a body may be": b"[" + b" " * (MAX_BODY_BYTES - 2) + b"]",
}


@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_decompression_or_nesting_bomb_is_read_or_refused(bomb: bytes) -> None:
    properties.a_body(bomb)
    properties.a_document(bomb)


def test_an_archive_of_zeros_beyond_the_limits_is_refused() -> None:
    zeros = io.BytesIO()
    with zipfile.ZipFile(zeros, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("songs-sdvx.json", bytes(50_000_000))
        archive.writestr("../charts-sdvx.json", b"[]")
    assert len(zeros.getvalue()) < 100_000
    properties.an_archive(zeros.getvalue())
