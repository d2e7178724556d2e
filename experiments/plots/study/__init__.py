"""Figures of a whole study: its trials against its knobs."""
