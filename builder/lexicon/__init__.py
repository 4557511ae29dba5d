"""Reviewed word lists of the field, as data: techniques, materials, quantities."""
