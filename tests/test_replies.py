"""Replies on disk: few files, and a line that is torn, foreign or put twice costs no other."""

import hashlib
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import JsonValue

from builder.asking import Reply, Usage, judged
from builder.edges.replies import Intent, Replies
from builder.edges.vlm import usage_of
from builder.errors import CannotRead, CannotWrite


def name_of(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def reply_to(number: int, text: str = "There.") -> Reply:
    usage = Usage(prompt_tokens=100, completion_tokens=number)
    return Reply(hash=name_of(number), model_asked="m", outcome="answered", text=text, usage=usage)


def test_five_thousand_replies_are_at_most_4096_files_and_each_is_found(tmp_path: Path) -> None:
    replies, folder = Replies(tmp_path), tmp_path / "replies"
    replies.put(reply_to(0))
    (line,) = [path.read_bytes() for path in folder.iterdir()]
    lines: dict[str, bytes] = {}
    for name in map(name_of, range(5000)):  # as put() writes them, without 5,000 times waiting for the disk
        lines[name[:3]] = lines.get(name[:3], b"") + line.replace(name_of(0).encode(), name.encode())
    for start, held in lines.items():
        (folder / f"{start}.jsonl").write_bytes(held)
    found = [replies.get(name_of(number)) for number in range(0, 5000, 97)]
    assert [reply and reply.hash for reply in found] == [name_of(number) for number in range(0, 5000, 97)]
    assert [reply.hash for reply in replies.all()] == sorted(map(name_of, range(5000)))
    assert len(list(folder.iterdir())) <= 4096


def test_threads_put_at_the_same_time_and_every_line_is_whole(tmp_path: Path) -> None:
    replies = Replies(tmp_path)
    same_file = [number for number in range(20_000) if name_of(number).startswith("abc")]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: replies.put(reply_to(number, "x" * 20_000)), same_file))
    assert [path.name for path in (tmp_path / "replies").iterdir()] == ["abc.jsonl"]
    assert [replies.get(name_of(number)) for number in same_file] == [reply_to(number, "x" * 20_000) for number in same_file]


@pytest.mark.parametrize("torn", [b'{"hash": "', b"\xff\xfe", b'{"hash": 1}\n', b"\n\n", b'{"hash": "abc", "mod\n', b"null\n"])
def test_after_a_torn_end_the_replies_before_and_the_next_one_are_read(tmp_path: Path, torn: bytes) -> None:
    replies = Replies(tmp_path)
    first, second = [reply_to(number) for number in range(20_000) if name_of(number).startswith("abc")][:2]
    replies.put(first)
    with (tmp_path / "replies" / "abc.jsonl").open("ab") as file:
        file.write(torn)
    replies.put(second)
    assert replies.get(first.hash) == first
    assert replies.get(second.hash) == second
    assert {reply.hash for reply in replies.all()} == {first.hash, second.hash}


def test_a_line_cut_off_anywhere_is_no_reply_and_is_asked_again(tmp_path: Path) -> None:
    replies, one = Replies(tmp_path), reply_to(1)
    replies.put(one)
    path = tmp_path / "replies" / f"{one.hash[:3]}.jsonl"
    whole = path.read_bytes()
    for size in range(len(whole) - 1):
        path.write_bytes(whole[:size])
        assert replies.get(one.hash) is None
        assert not list(replies.all())
    replies.put(one)
    assert replies.get(one.hash) == one


def test_a_reply_put_again_counts_once_and_by_its_last_line(tmp_path: Path) -> None:
    replies = Replies(tmp_path)
    replies.put(reply_to(1, "at first"))
    replies.put(reply_to(1, "then"))
    assert [reply.text for reply in replies.all()] == ["then"]
    found = replies.get(name_of(1))
    assert found
    assert found.text == "then"
    assert replies.paid() == (101, 0.0)


def test_what_a_model_says_is_not_taken_for_another_reply(tmp_path: Path) -> None:
    replies = Replies(tmp_path)
    wanted = name_of(2)
    forged = f'\n{{"hash": "{wanted}", "model_asked": "m", "outcome": "answered", "text": "forged"}}\n'
    replies.put(reply_to(1, forged))
    replies.put(reply_to(3).model_copy(update={"value": {"hash": wanted}}))
    assert replies.get(wanted) is None
    assert {reply.hash for reply in replies.all()} == {name_of(1), name_of(3)}


def test_a_file_written_anew_by_another_program_holds_the_same_replies_for_whoever_asks(tmp_path: Path) -> None:
    replies = Replies(tmp_path)
    replies.put(reply_to(1))
    path = tmp_path / "replies" / f"{name_of(1)[:3]}.jsonl"
    path.write_text(json.dumps(json.loads(path.read_bytes()), sort_keys=True, separators=(",", ":")), encoding="utf-8")
    shutil.copyfile(path, path.with_suffix(".bak.jsonl"))
    shutil.copyfile(path, path.with_name("fff.jsonl"))
    assert replies.get(name_of(1)) == reply_to(1)
    assert list(replies.all()) == [reply_to(1)]
    assert replies.paid() == (101, 0.0)


@pytest.mark.parametrize("how", ["folder", "pipe", "link"])
def test_where_a_reply_cannot_be_kept_nothing_is_asked(tmp_path: Path, how: str) -> None:
    replies = Replies(tmp_path)
    path = tmp_path / "replies" / f"{name_of(1)[:3]}.jsonl"
    path.parent.mkdir()
    {"folder": path.mkdir, "pipe": lambda: os.mkfifo(path), "link": lambda: path.symlink_to(tmp_path / "other")}[how]()
    (tmp_path / "other").write_text("mine", encoding="utf-8")
    with pytest.raises(CannotRead, match="are asked anew"):
        replies.get(name_of(1))
    with pytest.raises(CannotWrite):
        replies.ready(name_of(1))
    assert (tmp_path / "other").read_text(encoding="utf-8") == "mine"


def nested(levels: int) -> dict[str, JsonValue]:
    value: dict[str, JsonValue] = {}
    for _ in range(levels):
        value = {"in": value}
    return value


@pytest.mark.parametrize("levels", [5, 55, 65, 210, 900])
def test_what_was_paid_for_can_be_read_back_however_deep_the_answer_is_nested(tmp_path: Path, levels: int) -> None:
    usage = usage_of({"prompt_tokens": 3, "completion_tokens": 4, "more": nested(levels)}, None)
    outcome, value, _ = judged(json.dumps(nested(levels)), "stop", None, {"type": "object"})
    reply = Reply(hash=name_of(1), model_asked="m", outcome=outcome, value=value, usage=usage)
    Replies(tmp_path).put(reply)
    assert Replies(tmp_path).get(name_of(1)) == reply
    assert usage.tokens == 7
    assert (outcome == "answered", bool(usage.billed)) == (levels < 60, levels < 60)


def test_half_a_surrogate_pair_in_a_bill_is_left_out_and_the_tokens_stay() -> None:
    usage = usage_of({"prompt_tokens": 3, "note": "\ud800"}, None)
    assert (usage.prompt_tokens, usage.billed) == (3, {})


def test_a_call_whose_reply_came_is_open_no_longer(tmp_path: Path) -> None:
    replies = Replies(tmp_path)
    for number in (1, 2):
        replies.intend(Intent(hash=name_of(number), model="m", tries=1, tokens=500))
    replies.put(reply_to(1))
    assert [intent.hash for intent in replies.open_intents()] == [name_of(2)]
    assert replies.paid() == (101 + 500, 0.0)


@pytest.mark.parametrize(
    "told",
    ['{"hash": "", "model": "m", "tries": 1, "tokens": 1}', '{"hash": "x", "model": "m", "tries": 1, "tokens": -9}', "pipe"],
)
def test_a_call_in_flight_that_was_never_written_so_holds_nobody_up_and_counts_for_nothing(tmp_path: Path, told: str) -> None:
    path = tmp_path / "intents" / "x.json"
    path.parent.mkdir()
    os.mkfifo(path) if told == "pipe" else path.write_text(told, encoding="utf-8")
    assert (Replies(tmp_path).open_intents(), Replies(tmp_path).paid()) == ((), (0, 0.0))


def test_a_name_that_is_none_finds_nothing_and_comes_back(tmp_path: Path) -> None:
    (tmp_path / "replies").mkdir()
    (tmp_path / "replies" / ".jsonl").write_bytes(b"{}\nno newline")
    assert Replies(tmp_path).get("") is None
