"""If players concurrently send the last play that an unknown chart needs, one of the imports adds the chart."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.db import connection

from imports import jobs
from imports.models import Chart, Import, OrphanScore, Score, State, User
from tests.hashed_charts import beatoraja
from tests.races.concurrency import ConcurrentCalls, all_rounds, concurrent_calls

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def calls(request: pytest.FixtureRequest) -> Iterator[ConcurrentCalls]:
    with concurrent_calls(request.param) as concurrent:
        yield concurrent


@all_rounds
def test_concurrent_imports_of_the_third_play_add_a_chart_once(calls: ConcurrentCalls) -> None:
    for done, number in enumerate(calls.rounds, start=1):
        players = [User.objects.create_user(f"round{number}player{each}") for each in range(3)]
        body = json.dumps(beatoraja(sha256=f"{number:064x}")).encode()
        queued = [jobs.submit(user, jobs.Upload(content=body, import_type="ir/beatoraja")) for user in players]
        jobs.run_import(queued[0].import_id)
        calls.race(*(lambda job=job: jobs.run_import(job.import_id) for job in queued[1:]))
        assert set(Import.objects.values_list("state", flat=True)) == {State.COMPLETED}
        assert Chart.objects.count() == done
        assert Score.objects.filter(user__in=players).count() == 1
        assert OrphanScore.objects.filter(user__in=players).count() == 2
    connection.close()
