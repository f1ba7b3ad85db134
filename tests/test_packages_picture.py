"""The picture of the packages in docs/architecture.md shows what the imports say."""

from __future__ import annotations

import subprocess
import sys

from tachi_imports import env


def test_picture_of_the_packages_shows_todays_imports() -> None:
    script = env.BASE_DIR / "script" / "draw_packages.py"
    done = subprocess.run([sys.executable, script, "--check"], check=False)
    assert done.returncode == 0, "run script/draw_packages.py and look at docs/pictures/packages.svg"
