"""A person's own listening, read from the file they pass: safely, in a process of its own, and with an account.

``consenting`` is what they agree to; ``upload`` takes the file in, ``running`` has it read, ``worker`` is the process
that does and ``jobs`` what it is told; ``reading`` makes listening of the file, ``history`` finds its tracks in the
served catalogue and makes a history of it; ``own_listening`` is everything that is kept of one listener.
"""
