"""Prompt, parser and metrics of this release, for any harness: standard library and numpy alone (`datasets` to read rows)."""
