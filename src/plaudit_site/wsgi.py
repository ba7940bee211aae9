"""The door for web servers: `plaudit_site.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "plaudit_site.settings")
django = get_wsgi_application()

from plaudit_site.public.fast import Fast  # noqa: E402 - Django must be set up before

application = Fast(django)
