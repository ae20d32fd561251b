"""How the service uses the event store: beside the calls, and without failing when it is away."""
