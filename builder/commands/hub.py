"""The commands `publish`, `verify` and `publish-metrics`: each prints what it would do, and sends only with --send."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from builder.errors import CannotRead, Exit, HubStopped, Issue
from builder.release.files import MANIFEST, SOURCES
from builder.release.hydration import HYDRATION
from builder.release.image_sources import ImageSources
from builder.release.plan import metric_refusals, plan_text, proposal_refusals, release_refusals, release_text
from builder.release.rows import Manifest

if TYPE_CHECKING:
    from builder.edges.hub import Gate, HubRepository
    from builder.edges.verification import Verification
    from builder.publishing import Cargo, Judge
    from builder.release.plan import OnHub

_NOT_SENT = "nothing was sent: add --send"


def add_publish(parser: argparse.ArgumentParser) -> None:
    """`microtome publish`."""
    parser.add_argument(
        "release", metavar="RELEASE", type=Path, help="folder of a release that `microtome validate` finds right"
    )
    parser.add_argument("repo", metavar="ORG/NAME", help="dataset repository on the Hub; made when it is not there")
    parser.add_argument("--send", action="store_true", help="carry the plan out; without it nothing is sent")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--pr", action="store_true", help="open a pull request instead of committing to main; makes no tag")
    how.add_argument("--gated", choices=("auto", "manual"), help="readers ask for access; granted at once, or by hand")
    parser.set_defaults(command=_publish)


def add_verify(parser: argparse.ArgumentParser) -> None:
    """`microtome verify`."""
    parser.add_argument("repo", metavar="ORG/NAME", help="dataset repository on the Hub")
    parser.add_argument("--revision", metavar="TAG", required=True, help="tag, such as v1.0.0, or commit")
    parser.add_argument("--release", metavar="RELEASE", type=Path, help="folder of a release that it must be equal to")
    parser.set_defaults(command=_verify)


def add_publish_metrics(parser: argparse.ArgumentParser) -> None:
    """`microtome publish-metrics`."""
    parser.add_argument("org", metavar="ORG", help="user or organization whose Spaces they become")
    parser.add_argument("names", metavar="NAME", nargs="*", help="a metric from `microtome metrics list` (default: all)")
    parser.add_argument("--send", action="store_true", help="carry the plans out; without it nothing is sent")
    parser.set_defaults(command=_publish_metrics)


def _publish(arguments: argparse.Namespace) -> int:
    from builder.edges.hub import hub_repository
    from builder.edges.released import release_at
    from builder.edges.validation import first_findings
    from builder.publishing import planned, release_cargo
    from builder.versioning import Versions

    repo = hub_repository(arguments.repo, "dataset", sends=arguments.send)
    findings = sorted(first_findings(arguments.release).found)
    if findings:
        return _refused(arguments.release, findings)
    manifest = _local_manifest(arguments.release)
    refusals = release_refusals(manifest, findings, hydrated=(arguments.release / HYDRATION).is_file())
    if refusals:
        return _refused(arguments.release, refusals)
    cargo = release_cargo(arguments.release, manifest)
    versions = Versions(repo, release_at(str(arguments.release)))

    def judge(hub: OnHub) -> Sequence[Issue]:
        return (proposal_refusals(hub) if arguments.pr else ()) or versions.refusals(hub)

    hub, made = planned(repo, cargo, judge)
    print(release_text(manifest, ImageSources.model_validate_json((arguments.release / SOURCES).read_bytes())))
    text = plan_text(repo.repo_id, repo.kind, made, hub, proposed=arguments.pr, gate=arguments.gated)
    print("\n".join(filter(None, (versions.text(hub, refused=bool(made.refusals)), _token_text(repo), text))))
    if made.refusals:
        return Exit.FINDINGS
    if made.nothing_to_do and arguments.gated in (None, hub.gated):
        return Exit.OK
    if not arguments.send:
        print(_NOT_SENT, file=sys.stderr)
        return Exit.OK
    if arguments.pr:
        return _propose(repo, cargo, judge)
    return _send_release(repo, cargo, manifest, arguments.gated, judge)


def _token_text(repo: HubRepository) -> str:
    user = repo.user()
    return f"token      as {user}" if user else "token      none"


def _refused(release: Path, issues: Sequence[Issue]) -> int:
    for issue in issues:
        print(issue)
    print(f"{release} may not be published: {len(issues)} findings", file=sys.stderr)
    return Exit.FINDINGS


def _send_release(repo: HubRepository, cargo: Cargo, manifest: Manifest, gate: Gate | None, judge: Judge) -> int:
    from builder.edges.verification import verify
    from builder.publishing import send

    _needs_token(repo)

    closed = False

    def check(commit: str) -> Sequence[Issue]:
        nonlocal closed
        found = verify(repo, commit, manifest)
        closed = not found.strangers
        return found.issues

    commit = send(repo, cargo, check, gate=gate, judge=judge)
    print(f"published  {repo.repo_id} {cargo.parcel.tag} = commit {commit}, logical hash {manifest.logical_hash}")
    if closed:
        print("gated      a download without a token is refused: checked")
    return Exit.OK


def _propose(repo: HubRepository, cargo: Cargo, judge: Judge) -> int:
    from builder.publishing import propose

    _needs_token(repo)
    ref = propose(repo, cargo, judge)
    print(f"proposed   {repo.repo_id} {ref}, without a tag: merge it there, then run this command with --send to tag it")
    return Exit.OK


def _needs_token(repo: HubRepository) -> None:
    if not repo.may_write:
        raise HubStopped(repo.repo_id, "there is no token to send it with", "run `hf auth login`, or set HF_TOKEN")


def _verify(arguments: argparse.Namespace) -> int:
    from builder.edges.hub import hub_repository
    from builder.edges.verification import verify

    local = _local_manifest(arguments.release) if arguments.release else None
    found = verify(hub_repository(arguments.repo, "dataset"), arguments.revision, local)
    for issue in found.issues:
        print(issue)
    if found.issues or not found.manifest:
        print(f"{arguments.repo} at {arguments.revision}: {len(found.issues)} findings", file=sys.stderr)
        return Exit.FINDINGS
    print(_verified(arguments.repo, arguments.revision, found.manifest, found))
    return Exit.OK


def _verified(repo_id: str, revision: str, manifest: Manifest, found: Verification) -> str:
    # The manifest is one more file than it names, as in the plan.
    rows = sum(n for splits in manifest.rows.values() for n in splits.values())
    who = "without a token" if found.strangers else "with a token: the repository is not open to everybody"
    return (
        f"{repo_id} {revision} = commit {found.commit}\n{manifest.signature}\n"
        f"verified: {len(manifest.files) + 1} files, {rows} rows of {len(manifest.rows)} configs, streaming and not, {who}"
    )


def _local_manifest(release: Path) -> Manifest:
    try:
        return Manifest.model_validate_json((release / MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        raise CannotRead(
            str(release / MANIFEST), "is not a manifest that can be read", "name the folder of a release"
        ) from error


def _publish_metrics(arguments: argparse.Namespace) -> int:
    from builder.edges.hub import hub_repository
    from builder.edges.metric_folders import metric_folders
    from builder.publishing import metric_cargo, planned, same_files, send

    refused = unsent = False
    for folder in metric_folders(tuple(arguments.names)):
        repo, cargo = hub_repository(f"{arguments.org}/{folder.name}", "space", sends=arguments.send), metric_cargo(folder)
        hub, made = planned(repo, cargo)
        print(plan_text(repo.repo_id, repo.kind, made, hub))
        refusals = (*metric_refusals(folder.version), *made.refusals)
        if refusals:
            refused = bool(_refused(folder.path, refusals))
        elif not made.nothing_to_do and arguments.send:
            _needs_token(repo)
            commit = send(repo, cargo, partial(same_files, repo, cargo), sdk=folder.sdk)
            print(f"published  {repo.repo_id} {made.tag} = commit {commit}")
        else:
            unsent = unsent or not made.nothing_to_do
    if unsent:
        print(_NOT_SENT, file=sys.stderr)
    return Exit.FINDINGS if refused else Exit.OK


__all__ = ["add_publish", "add_publish_metrics", "add_verify"]
