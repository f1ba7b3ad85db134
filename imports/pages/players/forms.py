"""Whom to compare."""

from __future__ import annotations

from django import forms

from imports.models import User
from imports.pages.texts import player_texts

MAX_NAME_LENGTH = 32


class CompareForm(forms.Form):
    """Two players, by name; cleaned to their accounts."""

    one = forms.CharField(label=player_texts.PLAYER, max_length=MAX_NAME_LENGTH)
    other = forms.CharField(label=player_texts.COMPARED_WITH, max_length=MAX_NAME_LENGTH)

    def clean_one(self) -> User:
        return _player(self.cleaned_data["one"])

    def clean_other(self) -> User:
        return _player(self.cleaned_data["other"])


def _player(name: str) -> User:
    # `iexact` compares upper-case names, which an index holds.
    found = User.objects.filter(username__iexact=name).first()
    if found is None:
        raise forms.ValidationError(str(player_texts.UNKNOWN_PLAYER))
    return found
