"""The event `class-update/v1` for connected tools: a player has reached a higher class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from imports.games import playtype_of
from imports.models import APIClient, WebhookDelivery

EVENT = "class-update/v1"

Delta = Mapping[str, str | None]
"""A changed class, as `StatsChange.deltas` returns it."""


def add_deliveries(user_id: int, deltas: Iterable[Delta]) -> None:
    """Creates a delivery of each raised class for each client with a webhook and a valid token of the player.

    Called in the transaction that changed the classes, so that both are committed or neither.
    """
    raised = [delta for delta in deltas if _is_raised(delta)]
    # Most imports raise no class, and then need no query.
    clients = list(APIClient.objects.connected_to(user_id)) if raised else []
    bodies = [
        {"userID": user_id, **{name: delta[name] for name in ("game", "playtype", "set", "old", "new")}}
        for delta in raised
    ]
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(
            client=client, user_id=user_id, body=msgspec.json.encode({"type": EVENT, "content": body}).decode()
        )
        for client in clients
        for body in bodies
    )


def _is_raised(delta: Delta) -> bool:
    group = playtype_of(str(delta["game"]), str(delta["playtype"])).classes[str(delta["set"])]
    old = delta["old"]
    return old is None or old not in group.ids or group.index(str(delta["new"])) > group.index(old)
