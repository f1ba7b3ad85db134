"""A client of the API: one keep-alive connection, uploads, reverts."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

from script.bench_parts.installation import LOOPBACK, BenchmarkError

TRIVIAL = "/bench/trivial"  # a URL of the benchmark only: urls.py
WAITING = "/ir/bench/waiting"  # likewise
BOUNDARY = "bench-a3f1c9"
TOKEN_HEADER = "Bearer {}"  # noqa: S105 - no secret


class Client:
    """An API client with a token."""

    def __init__(self, port: int, token: str, *, host: str = LOOPBACK) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=120)
        self._headers = {"Authorization": TOKEN_HEADER.format(token), "X-User-Intent": "true"}

    def get(self, path: str) -> bytes:
        return self._request("GET", path, status=200)

    def first_byte(self, path: str) -> float:
        """Reads a complete response; returns the seconds until its body began."""
        begun = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        response = self._connection.getresponse()
        response.read(1)
        passed = time.perf_counter() - begun
        response.read()
        return passed

    def post(self, path: str, *, status: int) -> bytes:
        return self._request("POST", path, status=status)

    def upload(
        self, content: bytes, *, import_type: str = "file/batch-manual", file_name: str = "scores.json", **fields: str
    ) -> str:
        """Sends a file as a form; returns the import's ID. Reconnects, as the server may have closed the connection."""
        self._connection.close()
        parts = [
            _part(f'name="{name}"') + value.encode() for name, value in {"importType": import_type, **fields}.items()
        ]
        file = [_part(f'name="scoreData"; filename="{file_name}"'), content, f"\r\n--{BOUNDARY}--\r\n".encode()]
        body = b"".join([*parts, *file])
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return self._import_id(self._request("POST", "/api/v1/import/file", body=body, headers=headers, status=202))

    def send(self, document: bytes) -> str:
        """Sends a document as a hook does; returns the import's ID."""
        headers = {"Content-Type": "application/json"}
        response = self._request("POST", "/ir/direct-manual/import", body=document, headers=headers, status=202)
        return self._import_id(response)

    def send_and_wait(self, document: bytes) -> None:
        """Sends a document like a hook, and waits for the import. Raises BenchmarkError unless it is completed."""
        response = self._request(
            "POST", WAITING, body=document, headers={"Content-Type": "application/json"}, status=200
        )
        if json.loads(response)["description"] != "completed":
            raise BenchmarkError(f"an import that was waited for is {response.decode()}")

    def post_as_hook(self, path: str, body: bytes, *, headers: dict[str, str]) -> dict[str, Any]:
        """Sends a score as a game's hook does; returns the response. Raises BenchmarkError if it has not ended."""
        response = self._request(
            "POST", path, body=body, headers={"Content-Type": "application/json", **headers}, status=200
        )
        found: dict[str, Any] = json.loads(response)
        return found

    def preview_revert(self, import_id: str) -> None:
        self._request("GET", f"/api/v1/imports/{import_id}/revert", status=200)

    def revert(self, import_id: str) -> None:
        self._request("POST", f"/api/v1/imports/{import_id}/revert", status=200)

    def close(self) -> None:
        self._connection.close()

    def _request(
        self, method: str, path: str, *, status: int, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> bytes:
        self._connection.request(method, path, body=body, headers=self._headers | (headers or {}))
        response = self._connection.getresponse()
        content = response.read()
        if response.status != status:
            raise BenchmarkError(
                f"{method} {path} answered {response.status}: {content[:300].decode(errors='replace')}"
            )
        return content

    @staticmethod
    def _import_id(response: bytes) -> str:
        found: dict[str, Any] = json.loads(response)
        return str(found["body"]["importID"])


def _part(what: str) -> bytes:
    return f"\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; {what}\r\n\r\n".encode()
