"""The plan of a publication, from the release's files and the Hub's listing alone."""

from __future__ import annotations

import pytest

from builder.release.plan import HubFile, LocalFile, OnHub, Parcel, Revision, newest_version, plan, plan_text

CARD = LocalFile(5, "a" * 64, "1" * 40)
DATA = LocalFile(7, "b" * 64, "2" * 40)
PARCEL = Parcel("1.1.0", {"README.md": CARD, "data/x.parquet": DATA}, "bench 1.1.0")
# The Hub knows a small file by git's hash, a large one by its SHA-256, and adds .gitattributes.
WHOLE = {"README.md": HubFile(5, "1" * 40), "data/x.parquet": HubFile(7, "b" * 64), ".gitattributes": HubFile(9, "9" * 40)}
OLD = {**WHOLE, "data/x.parquet": HubFile(7, "c" * 64), "notes.txt": HubFile(1, "3" * 40)}


def test_a_repository_that_is_not_there_gets_every_file() -> None:
    made = plan(PARCEL, OnHub(None, {}))
    assert (made.parent, made.add, made.delete, made.bytes) == (None, ("README.md", "data/x.parquet"), (), 12)


def test_what_changed_is_added_what_vanished_is_deleted_and_what_the_hub_added_stays() -> None:
    made = plan(PARCEL, OnHub(Revision("h", OLD), {"v1.0.0": "g"}))
    assert (made.add, made.unchanged, made.delete) == (("data/x.parquet",), ("README.md",), ("notes.txt",))
    assert (made.parent, made.there, made.refusals) == ("h", None, ())


def test_content_at_the_head_of_main_lacks_only_its_tag() -> None:
    hub = OnHub(Revision("h", WHOLE), {"v1.0.0": "g"})
    made = plan(PARCEL, hub)
    assert (made.there, made.is_tagged) == ("h", False)
    assert "only the tag is missing" in plan_text("org/bench", "dataset", made, hub)


def test_content_below_a_later_commit_of_somebody_else_is_found_by_its_title() -> None:
    hub = OnHub(Revision("later", OLD), {}, same_title=(Revision("broken", OLD), Revision("ours", WHOLE)))
    assert plan(PARCEL, hub).there == "ours"


def test_content_under_its_tag_leaves_nothing_to_do_whatever_main_holds() -> None:
    hub = OnHub(Revision("later", OLD), {"v1.1.0": "t", "v2.0.0": "later"}, tagged=Revision("t", WHOLE))
    made = plan(PARCEL, hub)
    assert made.nothing_to_do
    assert made.there == "t"


@pytest.mark.parametrize(
    ("hub", "code"),
    [
        (OnHub(Revision("h", WHOLE), {"v1.1.0": "t"}, tagged=Revision("t", OLD)), "tag-exists"),
        (OnHub(Revision("h", WHOLE), {"v1.10.0": "t", "draft": "d"}), "version-not-raised"),
        (OnHub(Revision("h", OLD), {"v1.0.0": "t"}, committed={"v1.2.0": "h"}), "version-not-raised"),
    ],
)
def test_a_published_version_never_changes_and_versions_only_rise(hub: OnHub, code: str) -> None:
    made = plan(PARCEL, hub)
    assert [issue.code for issue in made.refusals] == [code]
    assert not made.nothing_to_do
    assert code in plan_text("org/bench", "dataset", made, hub)


def test_a_commits_title_tells_its_version() -> None:
    assert PARCEL.version_in("bench 1.2.0") == "v1.2.0"
    assert PARCEL.version_in("other 1.2.0") is None
    assert PARCEL.version_in("Update README.md") is None


def test_versions_are_compared_as_numbers_and_other_tags_are_none() -> None:
    assert newest_version({"v1.9.0": "", "v1.10.0": "", "v2": "", "1.11.0": "", "v1.10.0-rc": ""}) == "v1.10.0"
    assert newest_version({}) is None
