"""The gateway: the protocol, its errors, and the client that speaks it to the platform."""
