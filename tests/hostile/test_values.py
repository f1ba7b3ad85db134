"""Documents with hostile values in every place, through the trials that the fuzzer uses too."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
import zlib
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imports.api.bodies import LIMIT
from tests.hostile import trials, values
from tests.hostile.values import deep

DOCUMENTS = list(trials.good_documents())
PLAYTYPES = [f"{each['meta']['game']}:{each['meta']['playtype']}" for each in DOCUMENTS]


@pytest.mark.parametrize("document", DOCUMENTS, ids=PLAYTYPES)
def test_whatever_stands_in_a_document_is_read_or_refused_in_words(document: Any) -> None:
    chance = Random(str(document))
    for _ in range(60):
        trials.a_document(values.spoilt(document, chance))


@settings(deadline=None, max_examples=60)
@given(document=st.sampled_from(DOCUMENTS), at=st.integers(0, 2_000), junk=st.binary(min_size=1, max_size=4))
def test_a_document_with_broken_bytes_is_read_or_refused_in_words(document: Any, at: int, junk: bytes) -> None:
    data = json.dumps(document, ensure_ascii=False).encode()
    place = at % len(data)
    trials.a_document(data[:place] + junk + data[place + len(junk) :])
    trials.a_body(data[:place] + junk + data[place:])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "shift_jis", "latin-1", "utf-7"])
def test_documents_in_other_encodings_are_read_or_refused_in_words(encoding: str) -> None:
    data = json.dumps(DOCUMENTS[0], ensure_ascii=False).encode(encoding, "replace")
    trials.a_document(data)
    trials.a_body(data)


BOMBS = {
    "brackets": b"[" * 4_000_000,
    "braces": b'{"a":' * 800_000,
    "a deep end": json.dumps(deep(900)).encode(),
    "digits": b'{"scores": ' + b"9" * 4_000_000 + b"}",
    "zeros": b"0." + b"0" * 4_000_000 + b"1",
    "an exponent": b'{"scores": [1e' + b"9" * 4_000_000 + b"]}",
    "escapes": b'"' + b"\\u0000" * 600_000 + b'"',
    "backslashes": b'"' + b"\\" * 4_000_000 + b'"',
    "empty objects": b"[" + b"{}," * 1_300_000 + b"{}]",
    "one key a million times": b"{" + b'"a":1,' * 600_000 + b'"a":1}',
    "gzip": gzip.compress(bytes(64_000_000)),
    "gzip in gzip": gzip.compress(gzip.compress(bytes(64_000_000))),
    "many small gzips": gzip.compress(b"") * 100_000,
    "deflate": zlib.compress(b"[" * 64_000_000),
    "as large as a body may be": b"[" + b" " * (LIMIT - 2) + b"]",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_bombs_do_not_go_off(bomb: bytes) -> None:
    trials.a_body(bomb)
    trials.a_document(bomb)


def test_an_archive_of_archives_and_of_nothing_but_zeros_is_refused() -> None:
    zeros = io.BytesIO()
    with zipfile.ZipFile(zeros, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("songs-sdvx.json", bytes(50_000_000))
        archive.writestr("../charts-sdvx.json", b"[]")
    assert len(zeros.getvalue()) < 100_000
    trials.an_archive(zeros.getvalue())
