"""VLMEvalKit's own loop, as ms-vlmeval packs it, over replies from a file: RELEASE PREDICTIONS OUT."""

import json
import runpy
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType


class AnyName(type):
    """A class that has every attribute."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return ""


class NotInstalled(ModuleType):
    """Stands for a package that models and datasets of the kit import, and that nothing here uses; torchvision wants CUDA."""

    __path__: tuple[str, ...] = ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return AnyName(name, (), {})


for name in ("torchvision", "torchvision.transforms", "torchvision.transforms.functional"):
    sys.modules[name] = NotInstalled(name)
    sys.modules[name].__spec__ = ModuleSpec(name, None)
# The kit's zoo of models and its command line, which want every model's own packages; its datasets and its loop are its own.
kit = find_spec("vlmeval").submodule_search_locations[0]
for name in ("vlmeval.config", "vlmeval.tools", "vlmeval.vlm"):
    sys.modules[name] = NotInstalled(name)
sys.modules["vlmeval.config"].supported_VLM = {}
sys.modules["vlmeval.vlm"].__path__ = [f"{kit}/vlm"]

from vlmeval.dataset import build_dataset  # noqa: E402
from vlmeval.inference import infer_data_job  # noqa: E402
from vlmeval.smp import get_pred_file_path  # noqa: E402
from vlmeval.vlm.base import BaseModel  # noqa: E402

release, predictions, out = map(Path, sys.argv[1:])
REPLIES = {one["id"]: one for one in map(json.loads, predictions.read_text(encoding="utf-8").splitlines())}
FAILED = "Failed to obtain answer via API."  # what the kit's API models say of a failed request


class Replay(BaseModel):
    """Answers from the file."""

    def __init__(self, by_prompt):
        super().__init__()
        self.by_prompt = by_prompt

    def generate_inner(self, message, dataset=None):
        image, text = message
        assert (image["type"], text["type"]) == ("image", "text")
        assert Path(image["value"]).is_file()
        reply = REPLIES[self.by_prompt[text["value"]]]["text"]
        return FAILED if reply is None else reply


module = runpy.run_path(str(release / "harness" / "vlmevalkit" / "microtome_dataset.py"))
module["register"]()
found = {}
for name in module["NAMES"]:
    dataset = build_dataset(name)
    by_prompt = {row["question"]: str(row["index"]) for _, row in dataset.data.iterrows()}
    assert len(by_prompt) == len(dataset.data) == len(REPLIES) // 2
    work = Path("work").absolute()
    work.mkdir(exist_ok=True)
    infer_data_job(Replay(by_prompt), str(work), "replay", dataset, retry_failed=False)
    scores = dataset.evaluate(get_pred_file_path(str(work), "replay", name, use_env_format=True))
    print(name, sorted(path.name for path in work.iterdir()), scores)
    found |= {metric: repr(value) for metric, value in scores.items()}
out.write_text(json.dumps(found))
