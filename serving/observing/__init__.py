"""What can be seen of a running service from outside: figures, logs, traces. None of it names a listener or a track."""
