"""Profiles: which shop, which gateway, which limits. A TOML file, and `ITEMSYNC_*` variables over it.

    [profiles.default]
    gateway = "https://eco.taobao.com/router/rest"
    app_key = "12345678"

Secrets are read here and shown nowhere.
"""

from sync.config.file import FILE_NAME, exposed, read_alone
from sync.config.loading import HELD, load, of_settings, profiles
from sync.config.notify import KINDS, NOTIFY, NotifySettings
from sync.config.profile import DEFAULT, SECRETS, Profile
from sync.config.settings import GUARDS, LISTING, SETTINGS
from sync.config.variables import ENV_PREFIX

__all__ = [
    "DEFAULT",
    "ENV_PREFIX",
    "FILE_NAME",
    "GUARDS",
    "HELD",
    "KINDS",
    "LISTING",
    "NOTIFY",
    "SECRETS",
    "SETTINGS",
    "NotifySettings",
    "Profile",
    "exposed",
    "load",
    "of_settings",
    "profiles",
    "read_alone",
]
