"""Facts that the admin's pages of an import, a player and a revert show beside Django's fields.

clients      names of programs, from their User-Agents
players      the facts about a player
top_scores   the scores of an import that a moderator should look at
transitions  ratings and classes before and after
import_page  the page of an import
"""
