"""Hooks return the responses of Tachi and store the same scores.

`tools/formats_conformance.py` compares a running server with the same vectors; here it uses a test client.
"""

from __future__ import annotations

from argparse import Namespace
from io import StringIO
from itertools import groupby
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from imports.models import Import, State
from tests.factories import run_job
from tests.games import vectors

pytestmark = [
    pytest.mark.django_db,
    vectors.needed,
    pytest.mark.slow,
    pytest.mark.usefixtures("worked_on_while_waiting"),
]

HOOKS = ("ir-barbatos", "ir-fervidex", "ir-fervidex-static", "ir-kshook-sv6c")


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_returns_and_stores_the_same_as_tachi(name: str) -> None:
    tool = vectors.tool("formats_conformance")
    server = _server(tool)
    project = tool.Project(server, "")
    project.manage = _manage
    disagreements = {}
    for _, jobs in groupby(_jobs(tool, name), key=lambda job: job.case["catalogue"]):
        same_catalogue = list(jobs)
        project.enter(same_catalogue[0].catalogue)
        users = project.users(sum(job.case.get("users", 1) for job in same_catalogue))
        for job in same_catalogue:
            if job.loads:
                project.enter(job.catalogue)
            mine = [next(users) for _ in range(job.case.get("users", 1))]
            project.guests += mine
            if differences := tool.run_job(job, server, project, mine, vectors.config()["gpts"]):
                disagreements[job.case["name"]] = differences
    assert disagreements == {}


def _jobs(tool: Any, name: str) -> Any:
    folder = vectors.FOLDER / "formats"
    exceptions = str(folder / "exceptions.json")
    options = Namespace(only=name, name=None, limit=None, seed="1", vectors=str(folder), exceptions=exceptions)
    return tool.jobs_of(options, {})


def _manage(*args: str) -> str:
    printed = StringIO()
    call_command(*args, stdout=printed)
    return printed.getvalue()


def _server(tool: Any) -> Any:
    class InProcessServer(tool.Server):  # type: ignore[misc]  # a class that is only known now
        def __init__(self) -> None:
            pass

        def call(
            self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None
        ) -> tuple[int, Any]:
            if method == "GET":  # the tool reads the results of the imports
                for job in Import.objects.filter(state=State.QUEUED):
                    run_job(job)
            given = {name: value.strip() for name, value in (headers or {}).items()}  # as a server reads them
            kind = given.pop("Content-Type", "application/octet-stream")
            client = Client(raise_request_exception=False)
            response = client.generic(method, path, body or b"", content_type=kind, headers=given)
            return response.status_code, response.json()

    return InProcessServer()
