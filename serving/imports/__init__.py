"""A person's own listening, read from the file they pass: safely, in a process of its own, and with an account.

``listening`` is what is kept of it, ``reading`` makes it of a file, ``history`` finds its tracks in the served
catalogue and makes a history of it.
"""
