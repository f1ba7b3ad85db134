"""Schemathesis generates requests from the OpenAPI description: none may cause an error or an undescribed response.

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
IGNORED_CHECKS = (
    "positive_data_acceptance",  # the schema does not list the existing IDs, cursors and ratings
    "negative_data_rejection",  # most queries are loose, like Tachi's: unknown parameters are ignored
    "missing_required_header",  # it requires that a wrong header is refused
    "unsupported_method",  # 404 as in Tachi, not 405
    "allow_header_conformance",  # belongs to 405
)
EXISTING_IDS = {
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
CHECKS_TO_RUN = [check for check in CHECKS.get_all() if check.__name__ not in IGNORED_CHECKS]


@pytest.fixture
def names(built: dict[str, str]) -> Iterator[dict[str, str]]:
    cache.clear()
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)  # as Django's test client does: the test needs its connection
    yield built
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def owner(names: dict[str, str]) -> dict[str, str]:
    """Returns headers with a token of Alice that has all permissions."""
    return {"Authorization": f"Bearer {people.token_of(people.alice(), *Permission)}"}


API: Any = schemathesis.openapi.from_wsgi("/api/schema", behind)
EVERY_OPERATION = [result.ok() for result in API.get_all_operations()]
OPERATIONS = [operation for operation in EVERY_OPERATION if operation.path not in STREAMS]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: str(operation.label))
def test_generated_requests_get_described_responses(
    operation: Any, names: dict[str, str], owner: dict[str, str]
) -> None:
    """Half of the requests use existing IDs, the others generated ones."""
    modes = [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if operation.query or operation.body else [])]

    @SETTINGS
    @given(case=one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes)), use_existing_ids=booleans())
    def send_case(case: Any, *, use_existing_ids: bool) -> None:
        if use_existing_ids:
            case.path_parameters = {name: EXISTING_IDS[name].format(**names) for name in case.path_parameters or {}}
        with transaction.atomic():
            response = case.call(headers=owner)
            case.validate_response(response, checks=CHECKS_TO_RUN)
            transaction.set_rollback(True)

    send_case()


def test_generated_sequences_of_requests_get_described_responses(owner: dict[str, str]) -> None:
    """Later requests use values from earlier responses."""
    machine: Any = API.as_state_machine()

    class RequestSequence(machine):  # type: ignore[misc]
        def setup(self) -> None:
            self.undo = transaction.atomic()
            self.undo.__enter__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

        def get_call_kwargs(self, _case: Any) -> dict[str, Any]:
            return {"headers": owner}

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            case.validate_response(response, checks=CHECKS_TO_RUN)

    RequestSequence.run(settings=settings(SETTINGS, max_examples=3 * EXAMPLES, stateful_step_count=STEPS))
