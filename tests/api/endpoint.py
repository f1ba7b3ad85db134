"""One endpoint of the API, as the tables of endpoints list it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imports.api.core.exceptions import NOT_AUTHORISED
from imports.models import Permission
from tests.api.callers import CALLERS, GROUPS, REFUSED_EVERYWHERE, Outcome, lacks

DELETE, SUBMIT = Permission.DELETE_SCORE, Permission.SUBMIT_SCORE
NOBODY = (401, NOT_AUTHORISED)


@dataclass(frozen=True)
class Endpoint:
    """One method of one path. Placeholders such as `{import}` stand for the objects of `endpoint_fixtures.build`.

    `success`: the response to permitted callers; `exceptions`: those to others, by caller or group (callers.GROUPS).
    """

    method: str
    path: str
    success: Outcome
    permission: Permission | None = None
    json: Any = None
    form: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    exceptions: Mapping[str, Outcome] = field(default_factory=dict)

    @property
    def has_own_statuses(self) -> bool:
        """Whether the status is in the body of an HTTP 200, as in the IR of USC."""
        return self.path.startswith("/ir/usc/") and "replays/" not in self.path

    @property
    def name(self) -> str:
        return f"{self.method} {self.path.partition('?')[0]}"

    def expected(self) -> dict[str, Outcome]:
        """Returns the expected response to each caller."""
        actual = dict.fromkeys(CALLERS, self.success) | REFUSED_EVERYWHERE
        for group, response in self.exceptions.items():
            actual |= dict.fromkeys(GROUPS.get(group) or [group], response)
        return actual


def own_endpoint(
    method: str, path: str, expected: Outcome, *, permission: Permission | None = SUBMIT, **send: Any
) -> Endpoint:
    """Returns an endpoint that every signed-in user may use for their own data."""
    exceptions = {"guest": NOBODY, **send.pop("exceptions", {})}
    if permission:
        exceptions["lacking"] = lacks(permission)
    return Endpoint(method, path, expected, permission=permission, exceptions=exceptions, **send)


def public_endpoint(path: str, description: str, *, status: int = 200, **exceptions: Outcome) -> Endpoint:
    """Returns an endpoint that everybody may read."""
    return Endpoint("GET", path, (status, description), exceptions=exceptions)
