"""The Spotify Web API: log-in, one person's library, and a playlist saved back.

``app`` says which app asks and where; ``refusals`` tells why Spotify said no; ``session`` is the one door every request
goes through (back-off, "blocked until", same origin); ``tokens``, ``keeping``, ``loopback`` and ``login`` are the
log-in; ``client`` is spotipy behind that door; ``kept``, ``lists`` and ``library`` read a library and keep what was
read; ``source`` makes rows of it; ``probes`` finds out what the app may do; ``saving`` writes a playlist.

spotipy and requests are imported only where a request is about to be made.
"""
