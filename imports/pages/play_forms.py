"""Forms about one score or one session: what its player says of it, and letting it go."""

from __future__ import annotations

from typing import Any

from django import forms

from imports.pages import play_words


class ScoreForm(forms.Form):
    """What a player says of a score: within the API's limits."""

    comment = forms.CharField(label=play_words.COMMENT, required=False, max_length=120)
    highlight = forms.BooleanField(
        label=play_words.HIGHLIGHT, help_text=play_words.SCORE_HIGHLIGHT_HINT, required=False
    )

    def changes(self) -> dict[str, Any]:
        return {"comment": self.cleaned_data["comment"] or None, "highlight": self.cleaned_data["highlight"]}


class DeleteForm(forms.Form):
    blacklist = forms.BooleanField(label=play_words.BLACKLIST, help_text=play_words.BLACKLIST_HINT, required=False)


class SessionForm(forms.Form):
    """What a player says of a session: within the API's limits."""

    name = forms.CharField(label=play_words.SESSION_NAME, min_length=3, max_length=80)
    desc = forms.CharField(label=play_words.SESSION_ABOUT, required=False, min_length=3, max_length=120)
    highlight = forms.BooleanField(
        label=play_words.HIGHLIGHT, help_text=play_words.SESSION_HIGHLIGHT_HINT, required=False
    )

    def changes(self) -> dict[str, Any]:
        return {**self.cleaned_data, "desc": self.cleaned_data["desc"] or None}
