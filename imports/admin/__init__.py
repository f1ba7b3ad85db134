"""The moderators' admin: search everything; revert, restore, ban, block and correct, each recorded in the audit trail.

`tachi_imports.admin_site.site` decides who has access.

base         base classes of all lists: exact searches, bounded counts, read-only
accounts     users, their pictures and import timestops
api_clients  API clients, webhooks and tokens
catalogue    songs and charts
classes      setting a player's provided classes
documents    what imports store beside scores: input, problems, orphans, audit trail
filters      the filters of the list of imports
imports      imports and their actions
moderation   blocked clients
player_charts  charts that players bring, courses, replays
queue        the queue, workers and failures
scores       scores and derived data
reverting    reverting imports, with its confirmation page
words        the names of tables, columns, states and actions
"""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.models import Group

from imports.admin import (
    accounts,
    api_clients,
    catalogue,
    departures,
    documents,
    imports,
    moderation,
    player_charts,
    scores,
    words,
)

__all__ = [
    "accounts",
    "api_clients",
    "catalogue",
    "departures",
    "documents",
    "imports",
    "moderation",
    "player_charts",
    "scores",
]

# There is one group, and its members follow from who is staff (`models.moderation`): nothing to edit by hand.
admin.site.unregister(Group)
words.name_models()
