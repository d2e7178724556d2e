"""Checks whether search and record agree, repairs them, and removes what dead processes left behind."""
