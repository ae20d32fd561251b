"""A person's own listening, read from the file they pass: safely, in a process of its own, and with an account.

``reading`` makes listening of a file, ``history`` finds its tracks in the served catalogue and makes a history of it.
"""
