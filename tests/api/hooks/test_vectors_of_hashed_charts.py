"""The hooks of games with charts identified by hashes return the responses of Tachi.

Imports are processed while a request waits. `tools/formats_conformance.py` compares a running server with the same.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from imports.models import APIToken, Import, Permission, User
from imports.seeds.load import load
from tests.games import vectors
from tests.people import token_of

pytestmark = [
    vectors.needed,
    pytest.mark.slow,
    pytest.mark.django_db,
    pytest.mark.usefixtures("worked_on_while_waiting"),
]

FILES = ("ir-beatoraja", "ir-lr2hook", "ir-usc")
ANYTHING = ("$importDocument", "$anything", "$chartID", "$scoreID", "$sessionID", "$songID", "$now")
LADDERS = "calculatedData"  # has values by the rules of 2025


def _cases() -> Iterator[Any]:
    if not vectors.FOLDER.is_dir():
        return
    for name in FILES:
        vector_file = vectors.read(f"formats/{name}.json")
        exceptions = vectors.read("formats/exceptions.json").get(name, {})
        for case in vector_file["cases"]:
            rule = exceptions.get(case["name"], {})
            if rule.get("skip") or case.get("users", 1) > 5:
                continue
            yield pytest.param(_with_exceptions(case, rule), vector_file["catalogues"], id=f"{name}: {case['name']}")


def _with_exceptions(case: dict[str, Any], rule: Mapping[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(case)
    for path, value in rule.get("expect", {}).items():
        *way, last = [int(part) if part.isdigit() else part for part in re.findall(r"\w+", path)]
        holder: Any = changed
        for part in way:
            holder = holder[part]
        holder[last] = value
    return changed


class VectorCase:
    """The users of a case and the values of its placeholders."""

    def __init__(self, count: int) -> None:
        self.users = [User.objects.create_user(f"player{number}") for number in range(1, count + 1)]
        self.tokens = [token_of(user, Permission.SUBMIT_SCORE) for user in self.users]
        self.readonly = [token_of(user, Permission.CUSTOMISE_PROFILE) for user in self.users]
        self.first_score = ""

    def sent(self, value: str) -> str:
        value = re.sub(r"\$token(\d+)", lambda match: self.tokens[int(match[1]) - 1], value)
        value = re.sub(r"\$readonly(\d+)", lambda match: self.readonly[int(match[1]) - 1], value)
        return value.replace("$unknowntoken", "0" * 40).replace("$scoreIDOfStep0", self.first_score)

    def differences(self, want: Any, have: Any, path: str = "") -> list[str]:
        """Returns a line for each part of `want` that `have` lacks or contradicts."""
        if isinstance(want, str) and (want.startswith(ANYTHING) or re.fullmatch("T[0-9a-f]{64}", want)):
            return [] if have is not None else [f"{path} is missing"]
        if isinstance(want, str) and "$" in want:
            return self._named(want, have, path)
        if isinstance(want, dict) and isinstance(have, dict):
            return [
                line
                for name, value in want.items()
                if name != LADDERS
                for line in self.differences(value, have.get(name), f"{path}.{name}")
            ]
        if isinstance(want, list) and isinstance(have, list) and len(want) == len(have):
            pairs = enumerate(zip(want, have, strict=True))
            return [line for place, pair in pairs for line in self.differences(*pair, f"{path}[{place}]")]
        same = want == have if not isinstance(want, float) else have == pytest.approx(want)
        return [] if same else [f"{path}: expected {want!r}, got {have!r}"]

    def _named(self, want: str, have: Any, path: str) -> list[str]:
        match = re.fullmatch(r"\$(username|user)(\d+)", want)
        if match is None:
            return []
        user = self.users[int(match[2]) - 1]
        expected = user.username if match[1] == "username" else user.pk
        return [] if have == expected else [f"{path}: expected {expected!r}, got {have!r}"]


def _load(folder: Path, parts: Mapping[str, Any], courses: Any = None) -> None:
    for kind in ("songs", "charts"):
        for game, rows in parts.get(kind, {}).items():
            (folder / f"{kind}-{game}.json").write_text(json.dumps(rows))
    if courses:
        (folder / "bms-course-lookup.json").write_text(json.dumps(courses))
    load(folder, keep=True)


def _send(vector_case: VectorCase, request: Mapping[str, Any]) -> Any:
    headers = {name: vector_case.sent(value) for name, value in request.get("headers", {}).items()}
    client = Client(raise_request_exception=False, headers=headers)
    if "multipart" not in request:
        body = request["raw"] if "raw" in request else json.dumps(request["json"]) if "json" in request else None
        return client.generic(request["method"], request["path"], body or "", "application/json" if body else "")
    form: dict[str, Any] = {name: vector_case.sent(value) for name, value in request["multipart"]["fields"].items()}
    for file in request["multipart"]["files"]:
        upload = SimpleUploadedFile(file["filename"], file["content"].encode())
        form.setdefault(file["field"], []).append(upload)
    return client.post(request["path"], form)


@pytest.mark.parametrize(("case", "catalogues"), list(_cases()))
def test_a_hook_returns_the_same_response_as_tachi(
    case: dict[str, Any], catalogues: dict[str, Any], tmp_path: Path
) -> None:
    _load(tmp_path, catalogues[case["catalogue"]], case.get("state", {}).get("bms-course-lookup"))
    vector_case = VectorCase(case.get("users", 1))
    APIToken.objects.update(last_used_at=None)
    for number, step in enumerate(case["steps"]):
        if "load" in step:
            _load(tmp_path, step["load"])
            continue
        before = set(Import.objects.values_list("pk", flat=True))
        response = _send(vector_case, step["request"])
        reply = json.loads(response.content)
        assert response.status_code == step["expect"]["status"], reply
        assert vector_case.differences(step["expect"]["body"], reply, f"step {number}") == []
        _assert_import(vector_case, step, before)


def _assert_import(vector_case: VectorCase, step: Mapping[str, Any], before: set[int]) -> None:
    made = Import.objects.exclude(pk__in=before)
    if "import" not in step:
        assert not made.exists()
        return
    job = made.get()
    errors = [{"type": each.type, "message": each.message} for each in job.problems.order_by("row")]
    assert errors == step["import"]["errors"]
    scores = list(job.scores.order_by("pk"))
    assert [score.score_data["score"] for score in scores] == [
        score["scoreData"]["score"] for score in step["import"]["scores"]
    ]
    for score, want in zip(scores, step["import"]["scores"], strict=True):
        vector_case.first_score = vector_case.first_score or score.score_id
        assert vector_case.differences(want["scoreMeta"], score.score_meta) == []
        assert score.score_data["judgements"] == want["scoreData"]["judgements"]
