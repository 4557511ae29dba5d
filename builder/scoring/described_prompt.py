"""The prompt of an open-ended description: the row's own words, then the caption that CSMBench III-B1 gives with the figure.

Image first, this text after it, in one message of the user.
"""

from __future__ import annotations

import hashlib

DESCRIBED_PROMPT_VERSION = "1.0.0"  # raised with every change of how the two are put together


def described_prompt_of(prompt: str, caption: str) -> str:
    """What is asked, to the letter.

    >>> described_prompt_of("Describe this figure.", "Figure 1. Grains.")
    'Describe this figure.\\n\\nCaption: Figure 1. Grains.'
    """
    return f"{prompt}\n\nCaption: {caption}"


def described_prompt_hash(prompt: str) -> str:
    """SHA-256, in hex, of the version and of the prompt around a caption that is only named."""
    return hashlib.sha256(f"{DESCRIBED_PROMPT_VERSION}\n{described_prompt_of(prompt, '{caption}')}".encode()).hexdigest()


__all__ = ["DESCRIBED_PROMPT_VERSION", "described_prompt_hash", "described_prompt_of"]
