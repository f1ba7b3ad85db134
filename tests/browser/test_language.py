"""A user switches to Japanese, imports and reverts; with and without scripts."""

from __future__ import annotations

import re
import subprocess

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from imports.models import Import, Score, State, User
from tests.browser.conftest import OpenBrowser, sample_file, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scripts", [True, False])
def test_an_import_is_made_and_reverted_in_japanese(
    *, live_server: LiveServer, open_browser: OpenBrowser, worker: subprocess.Popen[bytes], alice: User, scripts: bool
) -> None:
    page = open_browser(java_script_enabled=scripts).new_page()
    sign_in(page, live_server.url)
    page.get_by_role("button", name="日本語").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.get_by_role("heading", level=1)).to_have_text("スコアをアップロード")

    page.locator("input[type=file]").set_input_files(sample_file("sdvx"))
    if not scripts:
        page.get_by_role("button", name="ファイルを確認").click()
    page.wait_for_url(re.compile("/import/checked/"))
    page.get_by_role("button", name=re.compile(r"^スコア\d+件をインポート$")).first.click()
    page.wait_for_url(re.compile("/imports/[0-9a-f]{40}/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^新しいスコア"), timeout=60_000)

    page.get_by_role("link", name="取り消す…").first.click()
    page.get_by_role("button", name=re.compile(r"^スコア\d+件を取り消す$")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("インポートを取り消しました", timeout=60_000)
    assert (Import.objects.get().state, Score.objects.count()) == (State.REVERTED, 0)

    if scripts:
        page.get_by_role("button", name="閉じる").click()  # the notice in front of the footer
    page.get_by_role("button", name="English").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Import reverted")
