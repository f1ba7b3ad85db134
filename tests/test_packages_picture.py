"""The picture of the packages in docs/architecture.md shows the imports between them."""

from __future__ import annotations

import subprocess
import sys

from tachi_imports import env


def test_the_picture_of_the_packages_shows_the_current_imports() -> None:
    script = env.BASE_DIR / "script" / "draw_packages.py"
    done = subprocess.run([sys.executable, script, "--check"], check=False)
    assert done.returncode == 0, "run script/draw_packages.py and look at docs/pictures/packages.svg"
