"""The moderators' admin: find anything; revert, restore, ban, block and correct, always on record.

`tachi_imports.admin_site.site` says who comes in.

base         what all lists share: exact searches, bounded counts, nothing to change
accounts     users, their pictures and import timestops
api_clients  API clients, webhooks and tokens
catalogue    songs and charts
classes      setting a player's provided classes
documents    what imports leave behind
filters      the filters of the list of imports
imports      imports and what can be done with them
moderation   blocked clients
player_charts  charts that players bring, courses, replays
queue        how the work goes
scores       scores and what is derived from them
reverting    reverting: the confirmation and what it does
words        what tables, columns, states and actions are called
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

# There is one group, and who is in it follows from who is staff (`models.moderation`): nothing to do here by hand.
admin.site.unregister(Group)
words.name_models()
