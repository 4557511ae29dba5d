"""BibTeX of the source papers: one @article each, keys that stay the same when other papers come or go."""

from __future__ import annotations

import re
from collections.abc import Iterable

from builder.records import Paper, digest

# Braces by name: BibTeX counts escaped ones as well, and one alone would swallow the rest of the file.
_SPECIAL = {letter: f"\\{letter}" for letter in "$&%#_"} | {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_UNSAFE_IN_URL = re.compile(r"[\s{}\\%\"]")


def bibtex(papers: Iterable[Paper]) -> str:
    """A BibTeX file, entries sorted by key. Only what the paper prints is written: a missing field is left out.

    >>> paper = Paper(id="doi:10.1/x", file="x.pdf", sha256="0" * 64, pages=1, title="Gold & glass", doi="10.1/x")
    >>> print(bibtex([paper]), end="")
    @article{paper-d2f2b9b1ab70,
      title = {{Gold \\& glass}},
      doi = {10.1/x},
      url = {https://doi.org/10.1/x}
    }
    """
    entries = {citation_key(paper): _entry(paper) for paper in papers}
    return "\n".join(entries[key] for key in sorted(entries))


def citation_key(paper: Paper) -> str:
    """From the paper's id alone, so that it outlives a corrected title or author."""
    return f"paper-{digest(paper.id)[:12]}"


def _entry(paper: Paper) -> str:
    fields = {
        "author": " and ".join(_author(author) for author in paper.authors),
        "title": f"{{{_escaped(paper.title)}}}" if paper.title else "",
        "year": str(paper.year) if paper.year else "",
        "doi": _plain(paper.doi or ""),
        "eprint": _plain(paper.arxiv_id or ""),
        "url": _plain(_url(paper)),
        "note": "" if paper.title else _escaped(f"title not read; file SHA-256 {paper.sha256}"),
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@article{{{citation_key(paper)},\n{lines}\n}}\n"


def _author(name: str) -> str:
    """A name as printed; in braces where BibTeX would take a comma or an "and" inside it for its own."""
    text = _escaped(name)
    return f"{{{text}}}" if "," in text or " and " in f" {text} " else text


def _url(paper: Paper) -> str:
    if paper.doi:
        return f"https://doi.org/{paper.doi}"
    return f"https://arxiv.org/abs/{paper.arxiv_id}" if paper.arxiv_id else paper.source_url or ""


def _escaped(text: str) -> str:
    """Text for a braced field: LaTeX's special characters escaped, line breaks made spaces."""
    return "".join(_SPECIAL.get(letter, letter) for letter in " ".join(text.split()))


def _plain(text: str) -> str:
    """A DOI or URL, which BibTeX styles print verbatim; what could end the field is percent-encoded."""
    return _UNSAFE_IN_URL.sub(lambda found: f"\\%{ord(found[0]):02X}", text)


__all__ = ["bibtex", "citation_key"]
