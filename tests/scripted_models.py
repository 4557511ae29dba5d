"""Author, adviser, attacker and checker as scripts behind one loopback server: each reads its prompt as a model would."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.loopback_model import Request, Says, answer

_BLOCK = re.compile(r"^<<(DATA-[0-9a-f]{16}) ([a-z]+)>>\n(.*)\n<<end \1>>$", re.MULTILINE)
Script = Callable[[Request], Says]


def role_of(request: Request) -> str:
    return str(request["response_format"]["json_schema"]["name"])


def words_of(request: Request) -> str:
    return "".join(part["text"] for part in request["messages"][1]["content"] if part["type"] == "text")


def pictures_of(request: Request) -> list[str]:
    return [part["image_url"]["url"] for part in request["messages"][1]["content"] if part["type"] == "image_url"]


def blocks_of(request: Request) -> dict[str, Any]:
    """The data of a prompt, by the name of its block."""
    return {name: json.loads(line) for _, name, line in _BLOCK.findall(words_of(request))}


def option(text: str, right: bool, snippet: int, quote: str, panel: str | None = None) -> dict[str, Any]:
    evidence = [{"snippet": snippet, "quote": quote, "panel": panel}]
    return {"text": text, "correct": right, "rubric": "It follows from the words quoted.", "evidence": evidence}


def question(quotes: list[tuple[int, str]], slot: int = 0, *, word: str = "plain") -> dict[str, Any]:
    """Two options that hold and four that do not, told apart by their verbs; nothing of it stands in any paper."""
    told = [(f"The {name} contrast holds in view {slot}, {word}", True) for name in ("inner", "outer")]
    told += [(f"The {name} contrast fails in view {slot}, {word}", False) for name in ("upper", "lower", "first", "other")]
    options = [option(text, right, *quotes[number % len(quotes)]) for number, (text, right) in enumerate(told)]
    return {
        "stem": f"Which statements on the contrast in view {slot} of the image are right ({word})?",
        "reasoning": "The image shows two kinds of contrast, and both are seen where the statement says.",
        "options": options,
        "bloom_level": 4,
        "skill": "EU",
        "modality": "unknown",
    }


def _quotes(request: Request) -> list[tuple[int, str]]:
    """The first words of the first snippet, which is the caption, and of the last one, with their numbers."""
    snippets = blocks_of(request)["snippets"]
    return [(one["snippet"], " ".join(one["text"].split()[:6])) for one in (snippets[0], snippets[-1])]


def author(request: Request, *, count: int = 2) -> Says:
    asked = min(count, int(re.findall(r"Write up to (\d+)", words_of(request))[0]))
    modality = request["response_format"]["json_schema"]["schema"]["properties"]["questions"]["items"]["properties"]["modality"]
    made = [question(_quotes(request), slot) | {"modality": modality["enum"][0]} for slot in range(asked)]
    return answer({"questions": made})


def reviser(request: Request) -> Says:
    old = blocks_of(request)["question"]
    slot = int(re.findall(r"view (\d+)", old["stem"])[0])
    made = question(_quotes(request), slot, word="revised once more" if "revised" in old["stem"] else "revised")
    return answer({"question": made | {"modality": old["modality"]}})


def knows(request: Request) -> Says:
    options = blocks_of(request)["question"]["options"]
    return answer({"reasoning": "By the verbs.", "answer": [letter for letter, text in options.items() if "holds" in text]})


def guesses(request: Request) -> Says:
    options = blocks_of(request)["question"]["options"]
    return answer({"reasoning": "A guess.", "answer": [next(letter for letter, text in options.items() if "fails" in text)]})


def scores(least: int, advice: str = "") -> Script:
    def advise(request: Request) -> Says:
        names = request["response_format"]["json_schema"]["schema"]["properties"]["scores"]["properties"]
        return answer({"scores": dict.fromkeys(names, 5) | {"clarity": least}, "advice": advice})

    return advise


def same(request: Request) -> Says:
    return answer({"reason": "Both ask for the contrast.", "same": True})


def picks(request: Request) -> Says:
    """An answer to the battery."""
    letters = request["response_format"]["json_schema"]["schema"]["properties"]["letters"]["items"]["enum"]
    return answer({"letters": letters[:1]})


def judges(request: Request) -> Says:
    names = request["response_format"]["json_schema"]["schema"]["properties"]
    return answer({name: 4 for name in names if name != "note"} | {"note": "Clear, and seen in the image where it says."})


@dataclass
class Cast:
    """Who answers which kind of question; each may be exchanged for a test."""

    write: Script = author
    self_check: Script = knows
    advise: Script = field(default_factory=lambda: scores(5))
    unseen: Script = guesses
    revise: Script = reviser
    same_question: Script = same
    attack: Script = picks
    audit: Script = judges

    def __call__(self, request: Request, _: int = 0) -> Says:
        script: Script = getattr(self, role_of(request))
        return script(request)
