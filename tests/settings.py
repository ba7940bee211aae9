"""The site's settings as the tests see them: nothing of the developer's environment, a data directory apart.

DATABASE_URL alone is listened to: the gate runs the site's tests on SQLite and on PostgreSQL.
"""

import atexit
import os
import shutil
import tempfile

_OURS = ("PLAUDIT_", "EMAIL_URL", "BASE_URL", "HOST", "PORT")
_KEPT = {"PLAUDIT_VECTORS", "PLAUDIT_GATE", "PLAUDIT_FAULTS", "PLAUDIT_SCREENSHOTS"}
_KEPT |= {"PLAUDIT_MADE_ONCE", "PLAUDIT_EMPTY_DATABASE"}
for _name in list(os.environ):
    if _name.startswith(_OURS) and _name not in _KEPT:
        del os.environ[_name]

_data = tempfile.mkdtemp(prefix="plaudit-tests-")
atexit.register(shutil.rmtree, _data, ignore_errors=True)
os.environ["PLAUDIT_DATA_DIR"] = _data
os.mkdir(os.path.join(_data, "static"))
os.environ["EMAIL_URL"] = "mailbox:"

from plaudit_site.settings import *  # noqa: E402, F403
from plaudit_site.settings import DATABASES, OWN_HOSTS, STORAGES  # noqa: E402

# As Django's test client calls itself.
OWN_HOSTS = OWN_HOSTS | {"testserver"}

# Quick instead of strong; and static files by their plain names, without collecting them first.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

if _template := os.environ.get("PLAUDIT_EMPTY_DATABASE"):  # the gate has made it by the migrations
    DATABASES["default"]["TEST"] = {"TEMPLATE": _template}
