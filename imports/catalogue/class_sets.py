"""Names of class sets in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

_CLASS_SETS = {
    "badge": gettext_lazy("Badge"),
    "class": gettext_lazy("Class"),
    "colour": gettext_lazy("Colour"),
    "courseBanner": gettext_lazy("Course banner"),
    "dan": gettext_lazy("Dan"),
    "emblem": gettext_lazy("Emblem"),
    "flare": gettext_lazy("Flare"),
    "genocideDan": gettext_lazy("Genocide dan"),
    "lnDan": gettext_lazy("LN dan"),
    "matchingClass": gettext_lazy("Matching class"),
    "newGenerationDan": gettext_lazy("New Generation dan"),
    "scratchDan": gettext_lazy("Scratch dan"),
    "stageUp": gettext_lazy("Stage up"),
    "stslDan": gettext_lazy("Stella and Satellite dan"),
    "vfClass": gettext_lazy("Class"),
}


def class_set_name(class_set: str) -> str:
    return str(_CLASS_SETS.get(class_set) or class_set[:1].upper() + class_set[1:])
