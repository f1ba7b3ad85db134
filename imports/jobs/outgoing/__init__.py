"""What leaves the instance: events for webhooks, and mails. Workers send it, one batch of each at a time."""
