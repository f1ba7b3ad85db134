"""How charts are called on pages: as everywhere."""

from __future__ import annotations

from imports.chart_names import ChartName, chart_name, difficulty_name

__all__ = ["ChartName", "chart_name", "difficulty_name"]
