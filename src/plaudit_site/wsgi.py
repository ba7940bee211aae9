"""The door for web servers: `plaudit_site.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "plaudit_site.settings")
application = get_wsgi_application()
