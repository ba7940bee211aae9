"""How things are shown: icons, dates, the frame of a page. Knows nobody."""
