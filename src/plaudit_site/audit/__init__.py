"""Who did what when. Knows nobody."""
