"""From one key to the next, without a moment in which a machine can't read a secret (docs/reference/state.md#fleet).

Whatever is written is encrypted with the key in use, also where a newer one is known already. So a new key can be
handed to one machine after another, and only then everything goes over to it, in one transaction.
"""

from __future__ import annotations

import socket

from sqlalchemy import Connection, func, select

from sync.errors import Refusal
from sync.fleet.dispatch import DEAD_AFTER
from sync.fleet.keys import Keys
from sync.fleet.shops import any_secret, changing, encrypt_anew
from sync.messages import say
from sync.state.fleet_tables import WORKERS


def roll(connection: Connection, keys: Keys) -> int:
    """Encrypt every secret with the newest key; returns how many shops there are.

    Where the newest key of a file is in use already, a new one is made first. With workers on other machines, that is
    all for the first time: they have to get it before. Raises Refusal then, and where no key fits.
    """
    changing(connection)
    used = any_secret(connection)
    if keys.file and used and keys.newest_made(used):
        keys.add()
        if hosts := _other_hosts(connection):
            raise Refusal(say("fleet.rekey.others", file=keys.file, hosts=", ".join(hosts)))
    return encrypt_anew(connection, keys)


def _other_hosts(connection: Connection) -> list[str]:
    lately = WORKERS.c.seen_at > func.clock_timestamp() - DEAD_AFTER
    found = select(WORKERS.c.host).where(lately, WORKERS.c.host != socket.gethostname()).distinct()
    return sorted(connection.execute(found).scalars())
