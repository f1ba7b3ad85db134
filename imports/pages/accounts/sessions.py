"""Ends all browser sessions of a player except the current one.

Django stores the hash of the password in every session and ends a session with another hash. So a new password ends
the other sessions, and so does the same password with a new salt.
"""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.hashers import make_password

from imports.models import User
from imports.pages.core.permissions import AuthenticatedRequest


def sign_out_others(request: AuthenticatedRequest, *, password: str) -> bool:
    """Stores the player's password, checked by the caller, with a new salt. Returns False if it has changed."""
    user = request.user
    fresh = make_password(password)
    if not User.objects.filter(pk=user.pk, password=user.password).update(password=fresh):
        return False
    user.password = fresh
    update_session_auth_hash(request, user)
    return True
