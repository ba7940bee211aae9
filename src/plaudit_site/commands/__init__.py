"""Commands that do what the console does, for whoever has a shell on the server."""
