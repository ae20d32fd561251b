"""The event store: what listeners of the service did, imported and agreed to, in SQLite or Postgres.

It is where the service, the training and the command line meet: the service appends, the source ``feedback`` reads, and
``crossfade keys`` and ``crossfade forget`` change what is theirs. SQLAlchemy and Alembic are imported nowhere else.
"""
