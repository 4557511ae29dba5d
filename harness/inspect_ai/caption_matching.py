"""Task for Inspect (https://inspect.aisi.org.uk): one figure, four captions, one of them printed with it.

`inspect eval harness/inspect_ai/caption_matching.py --model MODEL`; `-T split=validation` takes another split,
`-T dataset=org/name -T revision=v1.0.0` reads the rows from the Hub.
"""

from __future__ import annotations

import sys
from pathlib import Path

from inspect_ai import Task, task

sys.path.append(str(Path(__file__).absolute().parent))
from microtome_inspect import task_of


@task
def caption_matching(split: str | None = None, dataset: str | None = None, revision: str | None = None) -> Task:
    """One figure, four captions, one of them printed with it."""
    return task_of(__file__, "caption_matching", split, dataset, revision)
