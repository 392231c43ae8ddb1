"""What `make run` and a plain `manage.py` use: the demonstration, on this machine only."""

import secrets

from .base import *  # noqa: F403  (settings modules extend each other)
from .base import DATA_DIR, environment_flag

DEBUG = environment_flag("KPI_DEBUG")
DEMONSTRATION = True

# A key of this machine's own, kept beside the data so that sessions outlive a restart.
_key_file = DATA_DIR / "secret_key"
if not _key_file.exists():
    _key_file.touch(mode=0o600)
    _key_file.write_text(secrets.token_urlsafe(50))
SECRET_KEY = _key_file.read_text()
