"""Whether search and record agree, and making them agree."""
