"""Every component with made-up contents, at /styleguide/ in development."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from imports.catalogue.chart_names import ChartName
from imports.pages.accounts.presenters import PinnedScore
from imports.pages.accounts.tools import Tool
from imports.pages.components.chart_plays.score_card import CardLine
from imports.pages.components.lamp_colors import Light, light_of
from imports.pages.components.progress import Running, progress_from
from imports.pages.components.sources.failing_tools import FailingTool
from imports.pages.components.view_models import (
    AuditLine,
    ChangeRow,
    ClassRail,
    Column,
    Count,
    DiffRow,
    DistributionRow,
    ImportRow,
    Line,
    Link,
    Note,
    ProblemRow,
    RatingChange,
    RevertPreview,
    ScoreRow,
    SongName,
    rail,
)
from imports.pages.styleguide.samples import NIGHT, sample_plays


class SampleFilters(forms.Form):
    search = forms.CharField(widget=forms.TextInput(attrs={"type": "search", "placeholder": "File, tool or song"}))
    game = forms.ChoiceField(choices=[("", "Any"), ("sdvx", "SOUND VOLTEX")])
    came_by = forms.ChoiceField(choices=[("", "Any source"), ("file", "A file")])
    since = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))


class SampleUpload(forms.Form):
    file = forms.FileField(required=False)
    pasted = forms.CharField(
        label="Paste the text",
        required=False,
        widget=forms.Textarea(attrs={"spellcheck": "false", "placeholder": '{ "meta": { "game": "sdvx", … } }'}),
    )


class SampleToken(forms.Form):
    name = forms.CharField()
    may_revert = forms.BooleanField(
        label="Revert imports", help_text="Revert imports and delete scores", required=False
    )
    lasts = forms.ChoiceField(label="Expires", choices=[("", "Never"), ("90", "In 90 days")], required=False)

    def clean_name(self) -> str:
        raise forms.ValidationError("You already have a token with this name.")


def _lamp(name: str) -> Light:
    return light_of("sdvx", "lamp", name)


def _grade(name: str) -> Light:
    return light_of("sdvx", "grade", name)


def _song(title: str, artist: str = "") -> SongName:
    return SongName(title, artist, "#")


SCORES = (
    ScoreRow(
        song=_song("VERMILION CASCADE", "Kagehira × Noct"),
        chart=ChartName("MXM", "19"),
        lamp=_lamp("MAXXIVE CLEAR"),
        score="9,861,044",
        grade=_grade("AAA+"),
        rating="0.397",
        standing="best",
        gain="+72,142",
        time=NIGHT,
    ),
    ScoreRow(
        song=_song("終電後のプラネタリウム", "白瀬ユウ feat. 灯"),
        chart=ChartName("HVN", "18"),
        lamp=_lamp("ULTIMATE CHAIN"),
        score="9,931,507",
        grade=_grade("S"),
        rating="0.394",
        standing="first",
        time=NIGHT - 420_000,
    ),
    ScoreRow(
        song=_song("あの日きみと見た観覧車のいちばん高いところで止まった時計の話", "宵待フィルム"),
        chart=ChartName("ULT", "19"),
        lamp=_lamp("FAILED"),
        score="8,964,015",
        grade=_grade("A"),
        rating="0.149",
        standing="under",
        gap="61,204",
        time=NIGHT - 86_400_000,
    ),
    ScoreRow(
        song=_song("Parallax Heart", "Orrery Club"),
        chart=ChartName("EXH", "17"),
        lamp=_lamp("PERFECT ULTIMATE CHAIN"),
        score="10,000,000",
        grade=_grade("PUC"),
        rating="0.392",
        standing="same",
        time=None,
    ),
)

DIFFS = (
    DiffRow(
        song=_song("終電後のプラネタリウム"),
        chart=ChartName("HVN", "18"),
        light=_lamp("ULTIMATE CHAIN"),
        changes=(("9,884,120", "9,931,507"), ("EXC", "UC")),
        change="+0.024",
        value="0.394",
    ),
    DiffRow(
        song=_song("Parallax Heart"),
        chart=ChartName("EXH", "17"),
        light=_lamp("PERFECT ULTIMATE CHAIN"),
        changes=(("", "10,000,000"),),
        change="−0.019",
        value="0.392",
    ),
)

CHANGE_ROWS = (
    ChangeRow("VOLFORCE", "17.614", "−0.132", "17.482"),
    ChangeRow("Class", "Argento III", "falls", "Argento II", is_number=False, direction="loss"),
    ChangeRow("Scores", "4,912", "−205", "4,707"),
    ChangeRow("Sessions", "143", "", "143"),
)

IMPORTS = (
    ImportRow(
        import_id="a1",
        name="scorelog-2026.json",
        url="#",
        about="BMS 7K, beatoraja log",
        state="running",
        time=NIGHT,
        poll_url="/poll",
        percent=64,
    ),
    ImportRow(
        import_id="a2",
        name="night-session.json",
        url="#",
        about="SOUND VOLTEX, Night Logger",
        state="completed",
        time=NIGHT - 7_200_000,
        did="214 new, 18 duplicates",
        problems=3,
        rating="+0.132",
        rating_name="VF",
        may_revert=True,
    ),
    ImportRow(
        import_id="a3",
        name="chunithm-net.json",
        url="#",
        about="CHUNITHM, batch manual",
        state="reverted",
        time=NIGHT - 172_800_000,
        did="1,208 scores removed",
    ),
    ImportRow(
        import_id="a4",
        name="score_2026-11-20.csv",
        url="#",
        about="beatmania IIDX (SP), e-amusement CSV",
        state="failed",
        time=NIGHT - 259_200_000,
        did="The file has 40 columns, 41 are needed.",
    ),
    ImportRow(
        import_id="a5",
        name="ぽっぷん記録.json",
        url="#",
        about="pop'n music, batch manual",
        state="cancelled",
        time=NIGHT - 400_000_000,
        did="Nothing was saved",
    ),
)

AAA, S = (light_of("sdvx", "grade", grade) for grade in ("AAA+", "S"))
EXCESSIVE, ULTIMATE = (light_of("sdvx", "lamp", lamp) for lamp in ("EXCESSIVE CLEAR", "ULTIMATE CHAIN"))
SCORE_CARD = {
    "row": ScoreRow(
        song=SongName("終電後のプラネタリウム", "白瀬ユウ feat. 灯", "#"),
        chart=ChartName("HVN", "18"),
        lamp=ULTIMATE,
        score="9,931,507",
        grade=S,
        standing="best",
    ),
    "difficulty": ChartName("HEAVENLY", "18"),
    "lines": (
        CardLine("Best", "9,931,507", "9,884,120", "+47,387"),
        CardLine("Lamp", ULTIMATE, EXCESSIVE, "2 up", kind="lamp", is_rise=True),
        CardLine("Grade", S, AAA, "1 up", kind="grade", is_rise=True),
        CardLine("VOLFORCE", "17.614", "17.590", "+0.024"),
        CardLine("Rank", "#9", "#12", "3 up", "of 214", is_rise=True),
    ),
}

PROBLEMS = (
    ProblemRow(
        row=41,
        kind="Unknown song",
        message="Cannot find chart songTitle:Tactile Snowfal.",
        values=(("identifier", '"Tactile Snowfal"', True), ("difficulty", '"MXM"', False)),
        advice="Kept; it goes in when the song is known",
    ),
    ProblemRow(
        row=1203,
        kind="Impossible value",
        message="Cannot have an ULTIMATE CHAIN with non-zero miss count.",
        values=(("lamp", '"ULTIMATE CHAIN"', True), ("judgements.miss", "2", True)),
        advice="Fix it in the file",
    ),
)

RUNNING = {
    "stage": "saving",
    "percent": 64,
    "processed": 12_806,
    "total": 20_000,
    "etaSeconds": 4,
    "stages": [{"name": "queued", "seconds": 0.4}, {"name": "reading", "seconds": 0.3}],
}
QUEUED = {"stage": "queued", "percent": 0, "queuePosition": 2, "etaSeconds": 20}


VERDICT = RatingChange(
    name="VOLFORCE",
    before="17.482",
    after="17.614",
    change="+0.132",
    class_rail=ClassRail(
        rail((("was", 46.4), ("up", 26.4)), total=100, label="From 46 to 73 percent of the way to Argento IV"),
        (("17.25", "Argento II"), ("17.50", "Argento III")),
    ),
    notes=(
        Note("trophy", "New class: Argento III.", "Up from Argento II, 0.136 to Argento IV."),
        Note("trophy", "Skill Analyzer LV.10.", "Up from LV.09, as the file says."),
    ),
)

PREVIEW = RevertPreview(
    heading="Revert this import?",
    about="night-session.json, SOUND VOLTEX. You can restore it later.",
    change_rows=CHANGE_ROWS,
    button="Revert 205 scores",
    keep_label="Cancel",
    notes=(
        Note("undo-2", "205 scores go.", "37 bests fall back to the score before, 12 charts become unplayed."),
        Note("check", "Skill Analyzer LV.10 stays.", "Only a moderator can take it back."),
    ),
    diffs=DIFFS,
    diffs_title="The 49 bests, one by one",
    shared="9 of its scores also came with your e-amusement CSV",
    keep_shared=("Keep those 9, they move to the CSV", "As if this import had never been."),
    take_all=("Take all 214 back", "You keep 4,698 scores instead of 4,707."),
)


def _distribution(ladder: str, counts: dict[str, tuple[int, int]]) -> list[DistributionRow]:
    most = max(count for count, _ in counts.values())
    rows = []
    for value, (count, change) in counts.items():
        moved = ("more", change) if change > 0 else ("less", -change)
        bar = rail((("had", count - max(0, change)), moved), total=most * 1.05)
        rows.append(DistributionRow(light_of("sdvx", ladder, value), count, change, bar))
    return rows


PARTS: dict[str, Any] = {
    "crumb": Link("Imports", "#"),
    "states": ("queued", "running", "completed", "failed", "cancelled", "reverted"),
    "running": Running("scorelog-2026.json", "#", "/poll", 64),
    "verdict": VERDICT,
    "counts": (
        Count("new scores", 214),
        Count("new bests", 37),
        Count("first plays", 12),
        Count("sessions", 2, "1 new"),
        Count("duplicates", 18),
        Count("problems", 3, url="#"),
    ),
    "check_counts": (
        Count("new", 214, swatch="c-new"),
        Count("duplicates, skipped", 18, swatch="c-dup"),
        Count("unknown", 2, swatch="c-bad"),
        Count("invalid", 1, swatch="c-bad"),
    ),
    "check_rail": rail((("c-new", 214), ("c-dup", 18), ("c-bad", 3)), total=235, label="214 new, 18 known, 3 not"),
    "diffs": DIFFS,
    "lamps": _distribution("lamp", {"PERFECT ULTIMATE CHAIN": (9, 2), "ULTIMATE CHAIN": (102, 6), "CLEAR": (210, -2)}),
    "grades": _distribution("grade", {"PUC": (9, 2), "S": (137, 9), "AAA+": (221, 0)}),
    "tabs": (Link("Scores", "#", 214, is_current=True), Link("Sessions", "#", 2), Link("Problems", "#", 3)),
    "score_card": SCORE_CARD,
    "rankings": (("VF7", "VOLFORCE"), ("VF6", "VOLFORCE 6")),
    "pins": (
        PinnedScore(
            score_id="T1",
            song=_song("終電後のプラネタリウム", "白瀬ユウ feat. 灯"),
            chart=ChartName("HVN", "18"),
            lamp=ULTIMATE,
            grade=S,
            score="9,931,507",
            game="SOUND VOLTEX",
            time=NIGHT,
            comment="",
            url="#",
        ),
    ),
    "active": (Link("SOUND VOLTEX", "#"), Link("From 1 Nov 2026", "#")),
    "chips": (Link("All", "#", 186, is_current=True), Link("Running", "#", 1), Link("Failed", "#", 6)),
    "scores": SCORES,
    "columns": (
        Column("Song", "#"),
        Column("Chart", "#"),
        Column("Lamp", "#"),
        Column("Score", "#", is_number=True),
        Column("VF", "#", is_number=True),
        Column("vs. your best"),
        Column("Time", "#", "descending", is_number=True),
    ),
    "problems": PROBLEMS,
    "imports": IMPORTS,
    "lines": (
        Line("Saturday, dusk", url="#", strong="126 scores, created", rest="23 new bests", time=NIGHT),
        Line("夜更かし", "maimai DX", "#", "12 scores", "+31", time=NIGHT, end_time=NIGHT + 3_600_000),
    ),
    "audit": (
        AuditLine("circle-check", "Completed", "214 new, 18 duplicates, 3 problems", NIGHT),
        AuditLine("file-up", "Uploaded by mirei", "in the browser, night-session.json, 61 KB", NIGHT - 3_000),
    ),
    "failing": (FailingTool("The last 2 imports by KsHook failed.", "Unknown firmware.", NIGHT, "#", "#", None),),
    "tool": Tool(
        name="KsHook",
        purpose="Sends each SOUND VOLTEX Konaste score after you play.",
        requirement="Windows, the game on this PC",
        file="kshook.toml",
        addresses=("/ir/kshook/sv6c",),
        url="#",
        action="Connect",
        guide_url="#",
        settings_url="#",
        is_connected=True,
    ),
    "preview": PREVIEW,
    "section": "imports",
    "version": "0.1",
}


def sample_context() -> dict[str, Any]:
    # Built for each request: forms hold entered values, and progress is in the reader's language.
    return {
        **PARTS,
        "running_progress": progress_from(RUNNING, poll_url="/poll"),
        "queued_progress": progress_from(QUEUED, poll_url="/poll"),
        "page": Paginator(range(214), 10).get_page(4),
        "others": [replace(row, import_id=f"other-{row.import_id}") for row in IMPORTS],
        "filters": SampleFilters(),
        "upload": SampleUpload(),
        "token": SampleToken({"name": "phone"}),
        **sample_plays(),
    }


def styleguide(request: HttpRequest) -> HttpResponse:
    """Shows every component. The address exists only in development."""
    return render(request, "styleguide.html", sample_context())
