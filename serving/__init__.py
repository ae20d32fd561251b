"""The service: a model bundle behind an HTTP API and a web page."""
