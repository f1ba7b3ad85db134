"""Outgoing events for webhooks, and mails. Workers send them, one batch of each kind at a time."""
