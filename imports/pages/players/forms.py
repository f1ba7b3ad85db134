"""The forms that choose two players to compare and the level of the listed charts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.postgres.search import TrigramSimilarity
from django.db.models.functions import Upper
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString

from imports.models import User
from imports.pages.core.pagination import list_url
from imports.pages.texts import player_texts

MAX_NAME_LENGTH = 32
MAX_LEVEL_LENGTH = 50


class CompareForm(forms.Form):
    """Two players, by name; `cleaned_data` has their accounts. `query`: for the link of a suggestion."""

    one = forms.CharField(label=player_texts.PLAYER, max_length=MAX_NAME_LENGTH)
    other = forms.CharField(label=player_texts.COMPARED_WITH, max_length=MAX_NAME_LENGTH)

    def __init__(self, *args: Any, query: QueryDict, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._query = query

    def clean_one(self) -> User:
        return self._player("one")

    def clean_other(self) -> User:
        return self._player("other")

    def _player(self, field: str) -> User:
        name = self.cleaned_data[field]
        # `iexact` compares upper-case names, for which there is an index.
        found = User.objects.filter(username__iexact=name).first()
        if found is None:
            raise forms.ValidationError(self._unknown(field, name))
        return found

    def _unknown(self, field: str, name: str) -> SafeString:
        """Returns the error for an unknown player, with the player of the most similar name as a suggestion."""
        upper = Upper("username")
        alike = User.objects.present().alias(upper=upper).filter(upper__trigram_similar=name.upper())
        found = alike.order_by(TrigramSimilarity(upper, name.upper()).desc(), "pk").first()
        if found is None:
            return format_html("{}", player_texts.UNKNOWN_PLAYER)
        link = format_html(
            '<a href="{}" translate="no">{}</a>',
            list_url(self._query, **{field: found.username}),
            found.username,
        )
        return format_html("{} {}", player_texts.UNKNOWN_PLAYER, format_html(player_texts.DID_YOU_MEAN, player=link))


class LevelFilter(forms.Form):
    """The level of the compared charts; an invalid level is ignored. The other fields keep what is compared."""

    level = forms.CharField(label=player_texts.LEVEL, required=False, max_length=MAX_LEVEL_LENGTH)
    one = forms.CharField(required=False, widget=forms.HiddenInput)
    other = forms.CharField(required=False, widget=forms.HiddenInput)
    which = forms.CharField(required=False, widget=forms.HiddenInput)

    def chosen(self) -> dict[str, str]:
        """Returns the level by its field name, empty if none is chosen or the level is invalid."""
        self.full_clean()
        level = self.cleaned_data.get("level")
        return {"level": level} if level else {}
