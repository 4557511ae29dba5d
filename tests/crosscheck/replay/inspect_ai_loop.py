"""Inspect's own loop over replies from a file: RELEASE PREDICTIONS OUT."""

import json
import os
import sys
from pathlib import Path

from inspect_ai import eval as run
from inspect_ai.model import ModelAPI, ModelOutput, modelapi

release, predictions, out = (Path(one).absolute() for one in sys.argv[1:])
REPLIES = {one["id"]: one for one in map(json.loads, predictions.read_text(encoding="utf-8").splitlines())}
sys.path.append(str(release / "harness"))
from microtome_scoring.asked_rows import asked  # noqa: E402
from microtome_scoring.release_rows import Release  # noqa: E402

RELEASE = Release(release / "harness")
ROWS = [row for config in RELEASE.configs for row in RELEASE.rows(config, "test")]
BY_PROMPT = {item.prompt: item.id for item in map(asked, ROWS)}
assert len(BY_PROMPT) == len(ROWS) == len(REPLIES)


class RequestFailed(Exception):
    """What a provider raises."""


@modelapi(name="replay")
class Replay(ModelAPI):
    """Answers from the file; a null text is a request that fails."""

    async def generate(self, input, tools, tool_choice, config):  # noqa: A002
        assert [part.type for part in input[-1].content] == ["image", "text"]
        reply = REPLIES[BY_PROMPT[input[-1].text]]
        if reply["text"] is None:
            raise RequestFailed("no connection")
        stop = {"length": "max_tokens"}.get(reply["finish_reason"], "unknown" if reply["finish_reason"] is None else "stop")
        return ModelOutput.from_content("replay", reply["text"], stop_reason=stop)


here = Path.cwd()
os.chdir(release)  # Inspect finds task files below the working folder
logs = run(
    [f"harness/inspect_ai/{config}.py" for config in RELEASE.configs],
    model="replay/file",
    display="plain",
    log_dir=str(here / "logs"),
    score_display=False,
    max_connections=8,
)
found = {}
for log in logs:
    assert log.status == "success", log.error
    for score in log.results.scores:
        found[score.name] = repr(score.metrics["exact_mean"].value)
        print(score.name, score.scored_samples, score.unscored_samples, {k: m.value for k, m in score.metrics.items()})
out.write_text(json.dumps(found))
