"""A listener's own Spotify account: they log in on Spotify's own page, and a playlist is saved there when they ask.

``logins`` keeps what Spotify gives, sealed, in the store; ``account`` begins and ends log-ins and saves; ``pages`` are
the two addresses the browser goes through. What asks Spotify is ``pipelines.sources.spotify_api``, which imports
spotipy when a request is about to be made.
"""
