"""What the admin's pages of an import, a player and a revert show beside Django's fields.

clients      programs by their User-Agents
players      the facts about a player
top_scores   the scores of an import that are worth a look
transitions  ratings and classes before and after
import_page  the page of an import
"""
