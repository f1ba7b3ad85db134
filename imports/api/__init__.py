"""The HTTP API: thin views over jobs, pipeline.revert, rules and models. Never imports pages or admin.

resource        what every view does first, in the order clients rely on: body, who asks, limits, permissions
bodies, parameters, authentication, limits, permissions, errors, rendering, responses, middleware    its parts
documents       rows -> the API's documents, one at a time; loading and ranking: the queries behind many of them
changes         what a revert changes -> one document; undo: reverts, real and previewed, of one import or several
game_resource   what an address under /games means; queries: parameters that are not strict; remembered: counts
game_info, game_config, game_charts, chart_list, chart_board, song_charts, game_activity, search    the catalogue
imports, again, check, orphans, polling, uploads, users, scores, sessions, instance    one file a resource
"""
