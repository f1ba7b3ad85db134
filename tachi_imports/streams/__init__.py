"""Progress as server-sent events: one asyncio process for all open streams.

It receives the progress of workers from Redis, and reads the state of imports from PostgreSQL: when a stream is opened,
on a notice, and every two seconds for all streams together. Without notices it is only slower.
"""
