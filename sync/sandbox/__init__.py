"""The sandbox: the platform's rules as the seeds tell them, and a real HTTP server on this machine that plays it."""
