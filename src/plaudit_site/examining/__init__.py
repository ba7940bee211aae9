"""Is everything that a site promised still so? What `plaudit-site fsck` asks of the database and the files."""
