"""From rows to stored scores: find the charts, judge, copy into the table."""
