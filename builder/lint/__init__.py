"""The arithmetic of published tables: what no answers can give. Pure."""
