"""Profiles: which shop, which gateway, which limits. A TOML file, and `ITEMSYNC_*` variables over it.

    [profiles.default]
    gateway = "https://eco.taobao.com/router/rest"
    app_key = "12345678"

Secrets are read here and shown nowhere.
"""

from sync.config.file import FILE_NAME
from sync.config.loading import DEFAULT, load, profiles, sources
from sync.config.profile import SECRETS, Guards, Profile, Settings
from sync.config.variables import ENV_PREFIX

__all__ = [
    "DEFAULT",
    "ENV_PREFIX",
    "FILE_NAME",
    "SECRETS",
    "Guards",
    "Profile",
    "Settings",
    "load",
    "profiles",
    "sources",
]
