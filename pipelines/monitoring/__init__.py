"""What goes on: drift of what comes in, of lists, of what listeners do with them; age of the data; the service."""
