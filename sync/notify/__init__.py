"""Word to whom it concerns, through Apprise (the extra `notify`): `sending` is all of it.

What is to be told, and whether it was told already, is the service's business (`sync.service.notifying`).
"""
