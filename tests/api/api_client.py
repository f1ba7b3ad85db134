"""Sends the requests that the table of endpoints describes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests.api.endpoint import Endpoint
from tests.factories import batch_manual, picture


def filled(text: str, names: Mapping[str, str]) -> str:
    """Returns a text with its placeholders, as `{import}`, replaced by the given names."""
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def send(client: Client, endpoint: Endpoint, names: Mapping[str, str]) -> Any:
    path = filled(endpoint.path, names)
    if endpoint.form and endpoint.method == "PUT":
        file = SimpleUploadedFile("me.png", picture(), "image/png")
        return client.put(path, encode_multipart(BOUNDARY, {"pfp": file}), content_type=MULTIPART_CONTENT)
    if endpoint.form:
        file = SimpleUploadedFile("scores.json", json.dumps(batch_manual()).encode())
        return client.post(path, {"importType": "file/batch-manual", "scoreData": file})
    content = b"" if endpoint.json is None else filled(json.dumps(endpoint.json), names).encode()
    if endpoint.method == "GET":
        return client.get(path, headers=dict(endpoint.headers))
    return client.generic(
        endpoint.method, path, content, content_type="application/json", headers=dict(endpoint.headers)
    )
