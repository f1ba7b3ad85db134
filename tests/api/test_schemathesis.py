"""Schemathesis generates requests from our own description: none may cause an error or an undescribed response.

Examples are the same in every run; more of them in CI (tests/examples.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import booleans, one_of
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from imports.models import Permission
from tachi_imports.streams.description import STREAMS
from tachi_imports.wsgi import behind
from tests import people
from tests.examples import examples

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

EXAMPLES = examples(3, ci=8)
STEPS = 6
SETTINGS = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
NOT_HELD = (
    "positive_data_acceptance",  # no schema says which IDs, cursors and ratings there are
    "negative_data_rejection",  # most queries are loose, like Tachi's: unknown parameters are ignored
    "missing_required_header",  # as it has it, a header that is wrong must be refused
    "unsupported_method",  # 404 as in Tachi, not 405
    "allow_header_conformance",  # which goes with 405
)
THERE = {
    "userID": "alice",
    "importID": "{import}",
    "scoreID": "{score}",
    "sessionID": "{session}",
    "orphanID": "{orphan}",
    "retryID": "{retry}",
    "chartID": "{chart}",
    "clientID": "{client}",
    "exportID": "{export}",
    "checksum": "{checksum}",
    "token": "{token}",
    "songID": "1",
    "game": "sdvx",
    "gameID": "sdvx",
    "sha256": "0" * 64,
    "hash": "0" * 64,
    "playtype": "Single",
}
CHECKED = [check for check in CHECKS.get_all() if check.__name__ not in NOT_HELD]


@pytest.fixture
def names(built: dict[str, str]) -> Iterator[dict[str, str]]:
    cache.clear()
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)  # as the client of Django's tests does: this is the test's connection
    yield built
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def owner(names: dict[str, str]) -> dict[str, str]:
    """Headers of a program of Alice's."""
    return {"Authorization": f"Bearer {people.token_of(people.alice(), *Permission)}"}


API: Any = schemathesis.openapi.from_wsgi("/api/schema", behind)
EVERY_OPERATION = [result.ok() for result in API.get_all_operations()]
OPERATIONS = [operation for operation in EVERY_OPERATION if operation.path not in STREAMS]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: str(operation.label))
def test_nothing_breaks_and_nothing_surprises(operation: Any, names: dict[str, str], owner: dict[str, str]) -> None:
    """Half of the requests are about what is there, the others about IDs that are made up."""
    modes = [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if operation.query or operation.body else [])]

    @SETTINGS
    @given(case=one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes)), of_what_is_there=booleans())
    def attack(case: Any, *, of_what_is_there: bool) -> None:
        if of_what_is_there:
            case.path_parameters = {name: THERE[name].format(**names) for name in case.path_parameters or {}}
        with transaction.atomic():
            response = case.call(headers=owner)
            case.validate_response(response, checks=CHECKED)
            transaction.set_rollback(True)

    attack()


def test_nothing_breaks_in_a_row(owner: dict[str, str]) -> None:
    """Requests that go on with what the answers before them brought."""
    machine: Any = API.as_state_machine()

    class InARow(machine):  # type: ignore[misc]
        def setup(self) -> None:
            self.undo = transaction.atomic()
            self.undo.__enter__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

        def get_call_kwargs(self, _case: Any) -> dict[str, Any]:
            return {"headers": owner}

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            case.validate_response(response, checks=CHECKED)

    InARow.run(settings=settings(SETTINGS, max_examples=3 * EXAMPLES, stateful_step_count=STEPS))
