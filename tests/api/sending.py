"""Sends the requests of the table of endpoints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.api.endpoints import Endpoint
from tests.builders import batch_manual


def filled(text: str, names: Mapping[str, str]) -> str:
    """With what stands for `{import}` and its like."""
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def send(client: Client, endpoint: Endpoint, names: Mapping[str, str]) -> Any:
    path = filled(endpoint.path, names)
    if endpoint.form:
        file = SimpleUploadedFile("scores.json", json.dumps(batch_manual()).encode())
        return client.post(path, {"importType": "file/batch-manual", "scoreData": file})
    content = b"" if endpoint.json is None else filled(json.dumps(endpoint.json), names).encode()
    if endpoint.method == "GET":
        return client.get(path)
    return client.generic(endpoint.method, path, content, content_type="application/json")
