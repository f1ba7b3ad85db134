"""Encodings that editors write: UTF-8 is read with or without a byte order mark, UTF-16 is named in the message."""

from __future__ import annotations

import codecs
import json

import pytest

from imports.formats.text import NotTextError, decode
from tests.factories import batch_manual, unknown_score
from tests.formats.factories import failure, parse

DOCUMENT = json.dumps(batch_manual(unknown_score())).encode()
UTF_16 = "Invalid JSON. (The file looks like UTF-16; save it as UTF-8.)"


def test_a_document_with_a_byte_order_mark_is_read_as_without_one() -> None:
    assert parse(codecs.BOM_UTF8 + DOCUMENT).rows == parse(DOCUMENT).rows


def test_a_violation_in_a_document_with_a_byte_order_mark_has_the_same_message() -> None:
    broken = json.dumps(batch_manual(unknown_score(lamp=5))).encode()
    assert failure(codecs.BOM_UTF8 + broken) == failure(broken)


@pytest.mark.parametrize(
    "rest", [b"{}", b"[]", b'{"meta": {}}', b"", codecs.BOM_UTF8 + b"{}", codecs.BOM_UTF8 * 99_999]
)
def test_a_byte_order_mark_before_other_json_is_refused_as_invalid_json_as_in_tachi(rest: bytes) -> None:
    assert failure(codecs.BOM_UTF8 + rest).startswith("Invalid JSON. (")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_document_in_utf_16_is_refused_with_its_encoding(encoding: str) -> None:
    assert failure(DOCUMENT.decode().encode(encoding)) == UTF_16


def test_decoding_removes_only_the_leading_byte_order_mark() -> None:
    assert decode(codecs.BOM_UTF8 + "a\ufeffb".encode()) == "a\ufeffb"


@pytest.mark.parametrize("data", ["title,score".encode("utf-16"), "a,b".encode("utf-16-be"), "あ,b".encode("utf-16")])
def test_a_text_file_in_utf_16_is_refused_with_its_encoding(data: bytes) -> None:
    with pytest.raises(NotTextError, match="looks like UTF-16; save it as UTF-8"):
        decode(data)


@pytest.mark.parametrize("data", [b"\0", b"\0\0\0\0", b"ab\0\0", b"a\0bc"])
def test_nul_characters_are_not_mistaken_for_utf_16(data: bytes) -> None:
    with pytest.raises(NotTextError, match="contains a NUL character"):
        decode(data)
