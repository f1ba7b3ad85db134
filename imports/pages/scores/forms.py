"""Forms to edit and delete a score, and to edit a session."""

from __future__ import annotations

from typing import Any

from django import forms

from imports.pages.texts import score_texts


class ScoreForm(forms.Form):
    """A player's comment and highlight of a score, within the API's limits."""

    comment = forms.CharField(label=score_texts.COMMENT, required=False, max_length=120)
    highlight = forms.BooleanField(
        label=score_texts.HIGHLIGHT, help_text=score_texts.SCORE_HIGHLIGHT_HINT, required=False
    )

    def edited_fields(self) -> dict[str, Any]:
        # No comment is null, as the API distinguishes null from an empty comment.
        return {"comment": self.cleaned_data["comment"] or None, "highlight": self.cleaned_data["highlight"]}


class DeleteForm(forms.Form):
    blacklist = forms.BooleanField(label=score_texts.BLACKLIST, help_text=score_texts.BLACKLIST_HINT, required=False)


class SessionForm(forms.Form):
    """A player's edits of a session, within the API's limits."""

    name = forms.CharField(label=score_texts.SESSION_NAME, min_length=3, max_length=80)
    desc = forms.CharField(label=score_texts.SESSION_ABOUT, required=False, min_length=3, max_length=120)
    highlight = forms.BooleanField(
        label=score_texts.HIGHLIGHT, help_text=score_texts.SESSION_HIGHLIGHT_HINT, required=False
    )

    def edited_fields(self) -> dict[str, Any]:
        return {**self.cleaned_data, "desc": self.cleaned_data["desc"] or None}
