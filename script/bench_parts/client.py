"""What a player's program does: one kept connection, uploads, reverts."""

from __future__ import annotations

import http.client
import json
from typing import Any

from script.bench_parts.installation import Broken

TRIVIAL = "/bench/trivial"  # an address of the bench alone: urls.py
BOUNDARY = "bench-a3f1c9"
TOKEN_HEADER = "Bearer {}"  # noqa: S105 - no secret


class Client:
    """Speaks for the owner of a token."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {"Authorization": TOKEN_HEADER.format(token), "X-User-Intent": "true"}

    def get(self, path: str) -> bytes:
        return self._ask("GET", path, status=200)

    def upload(self, document: bytes) -> str:
        """Sends a file as a form; returns the import's ID. By then the server may have closed the kept connection."""
        self._connection.close()
        body = b"".join(
            (
                _part('name="importType"'),
                b"file/batch-manual",
                _part('name="scoreData"; filename="scores.json"'),
                document,
                f"\r\n--{BOUNDARY}--\r\n".encode(),
            )
        )
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return self._import_id(self._ask("POST", "/api/v1/import/file", body=body, headers=headers, status=202))

    def send(self, document: bytes) -> str:
        """Sends a document as a hook does; returns the import's ID."""
        headers = {"Content-Type": "application/json"}
        answer = self._ask("POST", "/ir/direct-manual/import", body=document, headers=headers, status=202)
        return self._import_id(answer)

    def preview_revert(self, import_id: str) -> None:
        self._ask("GET", f"/api/v1/imports/{import_id}/revert", status=200)

    def revert(self, import_id: str) -> None:
        self._ask("POST", f"/api/v1/imports/{import_id}/revert", status=200)

    def close(self) -> None:
        self._connection.close()

    def _ask(
        self, method: str, path: str, *, status: int, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> bytes:
        self._connection.request(method, path, body=body, headers=self._headers | (headers or {}))
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != status:
            raise Broken(f"{method} {path} answered {answer.status}: {content[:300].decode(errors='replace')}")
        return content

    @staticmethod
    def _import_id(answer: bytes) -> str:
        found: dict[str, Any] = json.loads(answer)
        return str(found["body"]["importID"])


def _part(what: str) -> bytes:
    return f"\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; {what}\r\n\r\n".encode()
