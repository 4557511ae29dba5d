"""The commands of `microtome`, by what they are about: each reads its arguments, calls, prints, returns an exit code."""
