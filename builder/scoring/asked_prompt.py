"""The prompt of an item with options, one for every harness: question, lettered options, and the line the parser reads.

Each release carries this file, byte for byte, under harness/. Image first, this text after it, in one message of the user.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from string import ascii_uppercase

from .answers import CONTRACT

PROMPT_VERSION = "1.0.0"  # raised with every change of the words below
STATED = (
    "After it you may add a line CONFIDENCE: 0.8 (how sure you are of the answer) and a line DIFFICULTY: 0.4 (how hard the "
    "question is), each a number from 0 to 1."
)


def prompt_of(question: str, options: Sequence[str]) -> str:
    """What is asked, to the letter. That one option alone is right, or several, is said by the question itself.

    Raises ValueError unless there are 2 to 26 options: they are lettered.

    >>> print(prompt_of("Which is it?", ["A grain.", "A pore."]).split("End")[0])
    Which is it?
    <BLANKLINE>
    A. A grain.
    B. A pore.
    <BLANKLINE>
    <BLANKLINE>
    """
    if not 2 <= len(options) <= len(ascii_uppercase):
        raise ValueError(f"there are {len(options)} options; a prompt letters 2 to {len(ascii_uppercase)}")
    lettered = "\n".join(f"{letter}. {option}" for letter, option in zip(ascii_uppercase, options, strict=False))
    return f"{question}\n\n{lettered}\n\n{CONTRACT}\n{STATED}"


def prompt_hash() -> str:
    """SHA-256, in hex, of the version and of the prompt around a question and options that are only named."""
    named = prompt_of("{question}", [f"{{option {letter}}}" for letter in ascii_uppercase])
    return hashlib.sha256(f"{PROMPT_VERSION}\n{named}".encode()).hexdigest()


__all__ = ["PROMPT_VERSION", "STATED", "prompt_hash", "prompt_of"]
