"""The pages. Never imports the API or the admin.

texts        how numbers are written and what the pages say, by topic
core         who may see a page, pagination, links, kinds of IDs in addresses, middleware
components   what several features show: one frozen class for each component template, and the builders they share
imports      upload, check, progress, result, lists, revert, rows with problems
scores       scores and sessions
catalogue    games, songs, charts
accounts     accounts, profiles, tokens
sharing      pictures of imports for chat programs, and the web manifest
styleguide   every component with made-up contents

Each feature has `urls`, `views`, `forms` if needed, and `presenters` or modules named after their subject.
"""
