"""What a server's access log tells by the order of its lines: several of them together, none of them alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from reglens.diagnosis import fixes
from reglens.diagnosis.evidence import Report
from reglens.diagnosis.finding import Finding, Fix
from reglens.diagnosis.meanings import Meaning
from reglens.diagnosis.reading import report_proof
from reglens.diagnosis.rules import places
from reglens.diagnosis.rules.build import likely
from reglens.diagnosis.scene import Scene


def _served(scene: Scene) -> list[Report]:
    return [report for report in scene.evidence.reports if report.meaning == Meaning.EXCHANGED]


def _path(report: Report) -> str:
    url = report.values.get("url", "")
    return ("/" + url.partition("://")[2].partition("/")[2] if "://" in url else url).partition("?")[0]


def moved(scene: Scene) -> Iterator[Finding]:
    """A token was given, and the request that it was for went by a redirect to where it was refused: clients do not
    send a token on to another host (RFC 9110, 15.4; Go, net/http ``shouldCopyHeaderOnRedirect``)."""
    served = _served(scene)
    if not any(r.values.get("part") == "token" and r.values.get("status", "").startswith("2") for r in served):
        return
    for first, then in pairwise(served):
        redirected = first.values.get("status") in ("301", "302", "307", "308")
        same = first.values.get("repository") and _path(first) == _path(then)
        if redirected and same and then.values.get("status") == "401":
            yield likely(
                "redirect-authorization",
                "The token was lost on a redirect",
                "The registry sent the client to another address, and there the same request came without the token: "
                "clients do not send Authorization on to another host. The token itself had been given.",
                [report_proof(first), report_proof(then)],
                Fix(
                    "Name the address in the image that the redirect leads to, and log in there; or let the proxy pass "
                    "the requests on instead of redirecting them.",
                    (f"curl -sI {fixes.base_url(scene)}{_path(first)} | grep -i ^location",),
                ),
            )
            return


def unscoped(scene: Scene) -> Iterator[Finding]:
    """A repository was refused, and every token request in the log asked for no scope (a login does, and nothing is
    granted by it: distribution, docs/content/spec/auth/token.md)."""
    served = _served(scene)
    asked = [r for r in served if r.values.get("part") == "token"]
    refused = [r for r in served if r.values.get("repository") and r.values.get("status") in ("401", "403")]
    if not asked or not refused or any(r.values.get("scope") for r in asked):
        return
    if refused[-1] is not max(refused[-1], asked[-1], key=served.index):
        return  # the request came before the token: the challenge of every flow
    yield likely(
        "scope-missing",
        "The token was asked for without a scope",
        "Every token request in this log names a service and no scope: such a token proves who the client is and "
        "grants nothing, and the repository was refused with it.",
        [report_proof(asked[-1]), report_proof(refused[-1])],
        Fix("Ask for the scope of the repository.", fixes.exchange_commands(scene)),
    )


def lost_on_upload(scene: Scene) -> Iterator[Finding]:
    """A registry's log of an upload that came without a token. A client begins an upload with its token and goes on
    with it, so what took it away is a redirect, from http to https mostly: the registry gave an address with http, as
    its proxy does not tell it that clients speak https (distribution, docs/content/recipes/nginx.md)."""
    for report in scene.evidence.reports:
        uploads = "/blobs/uploads/" in report.values.get("url", "")
        if report.meaning == Meaning.TOKEN_ABSENT and uploads and report.values.get("method") in ("PATCH", "PUT"):
            yield likely(
                "proxy-interference",
                "The upload arrived without the token that it was begun with",
                f"The registry's log has a {report.values['method']} of an upload without Authorization. The upload "
                "was begun with a token; where the registry gives its address with http, because it is not told that "
                "clients reach it over https, the redirect to https loses the token.",
                [report_proof(report)],
                places.forwarded(scene),
            )
            return


RULES = (moved, unscoped, lost_on_upload)
