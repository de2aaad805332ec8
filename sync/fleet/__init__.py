"""The fleet: many shops, several machines, one PostgreSQL. One more thin face over `sync.service`."""
