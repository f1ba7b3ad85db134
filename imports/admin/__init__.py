"""The moderators' admin: find anything, change little. Reverting and banning are its deeds.

base        what all lists share: exact searches, bounded counts, nothing to change
accounts    users and tokens
catalogue   songs and charts
documents   imports and what they leave behind
scores      scores and what is derived from them
"""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin

from imports.admin import accounts, catalogue, documents, scores

__all__ = ["accounts", "catalogue", "documents", "scores"]

admin.site.site_header = admin.site.site_title = settings.TACHI_NAME
admin.site.index_title = "For moderators"
