"""lmms-eval's own loop over replies from a file: RELEASE PREDICTIONS OUT."""

import json
import sys
from pathlib import Path

from lmms_eval.api.model import lmms
from lmms_eval.evaluator import simple_evaluate
from lmms_eval.tasks import TaskManager

release, predictions, out = map(Path, sys.argv[1:])
REPLIES = {one["id"]: one for one in map(json.loads, predictions.read_text(encoding="utf-8").splitlines())}


class Replay(lmms):
    """Answers from the file; lmms-eval has no failed request, only an empty reply."""

    is_simple = True

    def generate_until(self, requests):
        said = []
        for request in requests:
            prompt, settings, visual, doc_id, task, split = request.args
            row = self.task_dict[task][split][doc_id]
            (picture,) = visual(row)
            assert picture.size == (32, 24), picture.size
            assert settings["until"] == []
            assert prompt.endswith("from 0 to 1.")
            said.append(REPLIES[row["id"]]["text"] or "")
        return said

    def loglikelihood(self, requests):
        raise NotImplementedError

    def generate_until_multi_round(self, requests):
        raise NotImplementedError


facts = json.loads((release / "harness" / "release.json").read_text())
names = [f"{facts['benchmark']}_{config}" for config in facts["tables"]]
results = simple_evaluate(
    model=Replay(),
    tasks=names,
    task_manager=TaskManager("INFO", include_path=str(release / "harness" / "lmms_eval"), model_name="replay"),
    batch_size=1,
    bootstrap_iters=0,
    log_samples=True,
)
found = {}
for name in names:
    print(results["results"][name])
    for metric, value in results["results"][name].items():
        if metric.endswith(",none") and "_stderr" not in metric:
            found[metric.removesuffix(",none")] = repr(value)
out.write_text(json.dumps(found))
