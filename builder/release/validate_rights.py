"""Check that rights allow what is shipped, decided again from each row's licence, its caption and the policy."""

from __future__ import annotations

from collections.abc import Iterator

from builder.errors import Issue
from builder.release.image_sources import ImageSource
from builder.release.rows import PRIVATE_MARKER
from builder.release.validate import Opened, RowDict, at
from builder.stages.rights import Policy, Terms, find_credit

_TEXTS = (
    "caption",
    "mentions",
    "reference",
    "title",
    "creators",
    "copyright_notice",
    "attribution",
    "evidence",
    "techniques",
    "methods",
    "changes",
    "options",
    "edits",
)
_LEDGER = "data/image_sources.json"
_WITHHOLD = "make it a pointer row: no image, no text"


def rights(opened: Opened, policy: Policy) -> Iterator[Issue]:
    """Every row against its tier, its licence and the release's tier."""
    private = opened.manifest.get("tier") == "private"
    withheld = {row.get("id") for _, _, _, row in opened.rows("figures") if row.get("tier") != "open"}
    for config, split, number, row in opened.rows():
        place = at(config, split, number, row)
        tier = row.get("tier")
        if tier == "pointer":
            yield from _pointer(place, config, row, (config, split, number) in opened.images)
        elif tier == "private" and not private:
            yield Issue(
                "private-row", place, "tier is private in an open release", f"{_WITHHOLD}, or build with --tier private"
            )
        elif tier == "open":
            yield from _open(place, config, row, policy.of(str(row.get("licence"))))
            if row.get("figure_id") in withheld:
                problem = f"is made from {row.get('figure_id')}, which is not open"
                yield Issue("rights", place, problem, "take the item out: no item from a withheld figure")


def _pointer(place: str, config: str, row: RowDict, has_image: bool) -> Iterator[Issue]:
    if config != "figures":
        yield Issue("rights", place, f"is a pointer row of {config}", "pointer rows are in figures only; take the item out")
    if has_image or row.get("image") is not None:
        yield Issue("pointer-with-image", f"{place} > image", "a pointer row carries an image", "set the image to null")
    said = [name for name in _TEXTS if row.get(name)]
    if said:
        yield Issue("pointer-with-text", place, f"a pointer row carries {', '.join(said)}", "leave them empty")
    if config == "figures" and not row.get("withheld_sha256"):
        wanted = "a pointer row names the columns that it leaves out, each with its hash"
        yield Issue("no-withheld-hash", f"{place} > withheld_sha256", "is empty", wanted)
    if not row.get("withheld") and config == "figures":
        yield Issue("no-reason", f"{place} > withheld", "is empty", "a pointer row says why it is one")


def _open(place: str, config: str, row: RowDict, terms: Terms | None) -> Iterator[Issue]:
    licence = f"licence {row.get('licence')!r}"
    if terms is None or terms.tier == "pointer":
        why = "the policy does not know it" if terms is None else f"{terms.reason or 'the policy withholds it'}"
        yield Issue("rights", f"{place} > licence", f"an open row under {licence}: {why}", _WITHHOLD)
        return
    for column, element, act, allowed in _needs(config, terms):
        if row.get(column) and not allowed:
            wanted = f"leave {column} out: licenses/policy.toml does not let the {element} be {act}"
            yield Issue("rights", f"{place} > {column}", f"is shipped under {licence}", wanted)
    credit = find_credit(str(row.get("caption") or ""))
    if credit:
        yield Issue("third-party-credit", f"{place} > caption", f"an open row says: {credit}", _WITHHOLD)
    if terms.attribution and not (row.get("creators") or row.get("doi") or row.get("arxiv_id")):
        yield Issue("no-attribution", place, "names neither creators nor a DOI or arXiv id", _WITHHOLD)
    for column in ("attribution", "changes"):
        if not row.get(column):
            yield Issue(
                "no-attribution", f"{place} > {column}", "is empty", "every open row says whose it is and what was changed"
            )


def _needs(config: str, terms: Terms) -> tuple[tuple[str, str, str, bool], ...]:
    """Column, element, act and whether it is allowed. A crop counts as an adaptation."""
    image = ("image", "image", "cropped and shared", terms.image.share and terms.image.adapt)
    if config == "caption_matching":
        edited = terms.questions and terms.caption.share and terms.caption.adapt
        return (image, ("options", "caption", "edited into a question", edited))
    if config == "multi_select":
        paragraphs = terms.paragraph.share and terms.paragraph.adapt
        edited = terms.questions and terms.caption.share and terms.caption.adapt and paragraphs
        return (image, ("options", "text", "made into statements", edited))
    return (
        image,
        ("caption", "caption", "shared", terms.caption.share),
        ("mentions", "paragraph", "shared", terms.paragraph.share),
        ("reference", "paragraph", "merged and shared", terms.paragraph.share and terms.paragraph.adapt),
    )


def tiers(opened: Opened) -> Iterator[Issue]:
    """A private release says so in three places; an open one in none."""
    tier = opened.manifest.get("tier")
    says = {
        PRIVATE_MARKER: PRIVATE_MARKER in opened.files,
        "README.md": "PRIVATE: local work only" in opened.texts.get("README.md", ""),
        "rows": any(row.get("tier") == "private" for _, _, _, row in opened.rows()),
    }
    if tier == "private":
        for name in (PRIVATE_MARKER, "README.md"):
            if not says[name]:
                yield Issue("tier", name, "does not say that the release is private", "rebuild it with --tier private")
    elif any(says.values()):
        said = ", ".join(name for name, yes in says.items() if yes)
        problem = f"tier is {tier!r}; private according to {said}"
        yield Issue("tier", "manifest.json > tier", problem, "never publish it; rebuild with --tier open for an open release")


def ledger(opened: Opened) -> Iterator[Issue]:
    """data/image_sources.json has one entry for each shipped image, and says of it what its row says."""
    document = opened.documents.get(_LEDGER)
    entries = document.get("images") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        return  # the check of documents has said so
    listed = {str(entry.get("figure_id")): entry for entry in entries if isinstance(entry, dict)}
    rows = opened.by("figures", lambda row: str(row.get("id")))
    shipped = {str(row.get("id")) for _, _, _, row in opened.rows("figures") if row.get("tier") != "pointer"}
    for name in sorted(shipped - listed.keys()):
        yield Issue("no-source", f"{_LEDGER} > {name}", "the figure has no entry", "list every shipped image with its source")
    for name in sorted(listed.keys() - shipped):
        yield Issue("no-source", f"{_LEDGER} > {name}", "no figure of this id ships an image", "take the entry out")
    for name in sorted(shipped & listed.keys()):
        row = rows[name]
        for column in ImageSource.model_fields:
            if column != "figure_id" and row.get(column) != listed[name].get(column):
                problem = f"is {listed[name].get(column)!r}; the row has {row.get(column)!r}"
                yield Issue("source-differs", f"{_LEDGER} > {name} > {column}", problem, "rebuild the release")


__all__ = ["ledger", "rights", "tiers"]
