"""JSON bodies are checked before authentication; bodies of other content types are ignored."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from imports.api.core import parsers
from imports.api.core.parsers import MAX_BODY_BYTES
from imports.models import ImportInput, Permission
from tests import people
from tests.api.envelopes import summary
from tests.factories import batch_manual

pytestmark = pytest.mark.django_db

TOO_LARGE = (413, "Your request body was too large. The limit is 4MB.")
PATHS = (
    "/api/v1/status",
    "/api/v1/imports/0/revert",
    "/ir/direct-manual/import",
    "/api/v1/import/file",
    "/api/v1/nothing",
)


def post(path: str, content: bytes, **headers: str) -> Any:
    return people.with_authorization("nonsense").post(
        path, content, content_type="application/json", headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


@pytest.mark.parametrize("path", PATHS)
def test_a_json_error_is_reported_before_an_invalid_token(path: str) -> None:
    status, description = summary(post(path, b'{"a": 1,}'))
    assert status == 400
    assert description.startswith("Invalid JSON. (")


@pytest.mark.parametrize("path", PATHS)
def test_a_body_over_4_mb_is_reported_before_an_invalid_token(path: str) -> None:
    assert summary(post(path, b"[" + b" " * MAX_BODY_BYTES + b"]")) == TOO_LARGE


@pytest.mark.parametrize("path", PATHS)
def test_the_size_limit_applies_to_the_decompressed_body(path: str) -> None:
    bomb = gzip.compress(b"[" + b" " * MAX_BODY_BYTES + b"]", mtime=0)
    assert len(bomb) < 10_000
    assert summary(post(path, bomb, Content_Encoding="gzip")) == TOO_LARGE


@pytest.mark.parametrize("length", ["nonsense", "-5", ""])
def test_an_invalid_content_length_counts_as_an_empty_body(length: str) -> None:
    response = people.guest().generic(
        "POST", "/api/v1/status", b"", content_type="application/json", CONTENT_LENGTH=length
    )
    assert summary(response)[0] == 200


def test_a_body_of_exactly_4_mb_is_accepted() -> None:
    body = b"[" + b" " * (MAX_BODY_BYTES - 2) + b"]"
    assert summary(people.guest().post("/api/v1/status", body, content_type="application/json"))[0] == 200


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("GZIP", gzip.compress), ("deflate", zlib.compress), ("identity", bytes)],
)
def test_a_compressed_body_is_decompressed(encoding: str, compress: Any) -> None:
    response = people.guest().post(
        "/api/v1/status",
        compress(json.dumps({"echo": "hello"}).encode()),
        content_type="application/json; charset=utf-8",
        headers={"Content-Encoding": encoding},
    )
    assert json.loads(response.content)["body"]["echo"] == "hello"


@pytest.mark.parametrize(
    ("content", "encoding", "expected"),
    [
        (b"{}", "gzip", (400, "Your request body is not valid gzip.")),
        (gzip.compress(b"{}" * 50, mtime=0)[:-9], "gzip", (400, "Your request body is not complete gzip.")),
        (gzip.compress(b"{}", mtime=0) + b"more", "gzip", (400, "Your request body goes on behind its gzip.")),
        (b"{}", "br", (415, 'Unsupported content encoding "br".')),
    ],
)
def test_a_body_that_cannot_be_decompressed_is_refused(
    content: bytes, encoding: str, expected: tuple[int, str]
) -> None:
    assert summary(post("/api/v1/status", content, Content_Encoding=encoding)) == expected


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"5", "number"), (b'"a"', "string"), (b"true", "boolean"), (b"false", "boolean"), (b"null", "null")],
)
def test_a_body_that_is_a_bare_value_is_refused(content: bytes, kind: str) -> None:
    assert summary(post("/api/v1/status", content)) == (400, f"Expected an object or an array, received {kind}.")
    assert summary(post("/ir/direct-manual/import", content)) == (
        400,
        f"Invalid BATCH-MANUAL (Not an object, received {kind}.)",
    )


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"\0",
        b"\xff",
        b'{"a": "\xff"}',
        b"\xef\xbb\xbf{,}",
        b"\xef\xbb\xbf\xef\xbb\xbf{}",
        b"{'a': 1}",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a": NaN}',
        b"{} {}",
        b'{"a": "\0"}',
    ],
)
def test_a_body_with_invalid_json_is_a_400(content: bytes) -> None:
    status, description = summary(post("/api/v1/status", content))
    assert (status, description[:14]) == (400, "Invalid JSON. ")


@pytest.mark.parametrize("content", [b"", b"  \r\n\t "])
def test_an_empty_body_is_an_empty_object(content: bytes) -> None:
    assert summary(people.guest().post("/api/v1/status", content, content_type="application/json"))[0] == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
def test_a_body_of_another_content_type_is_not_parsed(content_type: str) -> None:
    assert summary(people.guest().post("/api/v1/status", b"{,", content_type=content_type))[0] == 200


@pytest.mark.parametrize(
    ("content", "echo"),
    [
        (b'{"echo": "\\u0000"}', "\ufffd"),
        (b'{"echo": "\\ud800!"}', "\ufffd!"),
        (b'{"echo": "\\ud83c\\udfb5"}', "\U0001f3b5"),
    ],
)
def test_characters_that_cannot_be_stored_become_replacement_characters(content: bytes, echo: str) -> None:
    response = people.guest().post("/api/v1/status", content, content_type="application/json")
    assert json.loads(response.content)["body"]["echo"] == echo


def test_a_number_too_small_for_a_double_is_not_an_error_of_the_parser() -> None:
    actual = summary(people.guest().post("/api/v1/status", b'{"echo": -1e-999}', content_type="application/json"))
    assert actual[0] == 400
    assert actual[1].startswith("[echo] Expected *string or no value.")


@pytest.mark.parametrize("value", [b"1e999", b"1" * 5_000])
def test_a_number_too_large_for_a_double_is_null(value: bytes) -> None:
    response = people.guest().post("/api/v1/status", b'{"echo": %s}' % value, content_type="application/json")
    assert response.status_code == 200
    assert json.loads(response.content)["body"].get("echo") is None


def test_a_body_with_fifty_levels_of_nesting_is_refused() -> None:
    body = b'{"echo":' * 50 + b"1" + b"}" * 50
    actual = summary(people.guest().post("/api/v1/status", body, content_type="application/json"))
    assert actual == (400, "Your request body is nested too deeply.")


# --- chunked bodies ---------------------------------------------------------------------------------


def in_chunks(path: str, content: bytes, content_type: str = "application/json", **variables: Any) -> Any:
    """Sends a body without Content-Length, with an input that ends after the body, as the server passes it on."""
    environ = {"wsgi.input": io.BytesIO(content), "wsgi.input_terminated": True, "CONTENT_LENGTH": "", **variables}
    client = people.bearer(people.alice(), *Permission)
    headers = {"HTTP_TRANSFER_ENCODING": "chunked", **environ}
    return client.generic("POST", path, b"-", content_type=content_type, **headers)


def test_a_chunked_body_is_parsed_like_any_other() -> None:
    assert json.loads(in_chunks("/api/v1/status", b'{"echo": "hello"}').content)["body"]["echo"] == "hello"
    compressed = in_chunks("/api/v1/status", gzip.compress(b'{"echo": "hello"}', mtime=0), HTTP_CONTENT_ENCODING="gzip")
    assert json.loads(compressed.content)["body"]["echo"] == "hello"


def test_a_chunked_import_is_stored_byte_for_byte() -> None:
    content = json.dumps(batch_manual()).encode()
    assert in_chunks("/ir/direct-manual/import", content).status_code == 202
    form = {"importType": "file/batch-manual", "scoreData": SimpleUploadedFile("a.json", content)}
    assert in_chunks("/api/v1/import/file", encode_multipart(BOUNDARY, form), MULTIPART_CONTENT).status_code == 202
    assert [zlib.decompress(each.content) for each in ImportInput.objects.all()] == [content, content]


def test_a_chunked_body_has_the_same_size_limit() -> None:
    assert summary(in_chunks("/api/v1/status", b"[" + b" " * MAX_BODY_BYTES + b"]")) == TOO_LARGE
    assert summary(in_chunks("/api/v1/status", b"[" + b" " * (MAX_BODY_BYTES - 2) + b"]"))[0] == 200


def test_an_endless_chunked_body_is_read_up_to_the_limit() -> None:
    endless = io.BytesIO(b" " * (parsers.MAX_CHUNKED_BODY_BYTES + 10_000_000))
    variables: dict[str, Any] = {"wsgi.input": endless}
    assert summary(in_chunks("/api/v1/status", b"", **variables)) == TOO_LARGE
    assert endless.tell() == parsers.MAX_CHUNKED_BODY_BYTES


@pytest.mark.parametrize("variables", [{"wsgi.input_terminated": False}, {"HTTP_TRANSFER_ENCODING": "gzip"}])
def test_an_input_without_a_known_end_is_not_read(variables: dict[str, Any]) -> None:
    waiting = io.BytesIO(b"{,")
    summary(in_chunks("/api/v1/status", b"", **{"wsgi.input": waiting, **variables}))
    assert waiting.tell() == 0
