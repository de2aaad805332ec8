"""What all tests share."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# How fast an example is made and run says something about a busy machine, and nothing about the program.
settings.register_profile("itemsync", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("itemsync")
