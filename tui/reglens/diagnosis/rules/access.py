"""What the token grants against what is needed."""

from __future__ import annotations

from collections.abc import Iterator

from reglens.diagnosis import fixes
from reglens.diagnosis.finding import Finding, Fix, Proof
from reglens.diagnosis.meanings import Meaning
from reglens.diagnosis.rules.build import likely, proven
from reglens.diagnosis.scene import ACTIONS, Scene, shown
from reglens.oci.scope import Scope, covered, union


def access(scene: Scene) -> Iterator[Finding]:
    """Claim ``access`` against the scope that the registry wants, else the scope that was requested."""
    token = scene.token
    if scene.ok or token is None or token.claims is None or (token.partial and "access" not in token.claims):
        return
    if "access" in token.claims and token.claims["access"] is not None and not isinstance(token.claims["access"], list):
        return  # of a wrong JSON type: told as token-malformed
    if "access" not in token.claims and not scene.product.grants_in_access:
        return
    wanted = scene.needed or scene.requested or _by_action(scene)
    if not wanted and scene.only_token and token.claims.get("access") == []:
        yield _empty_alone(scene)
    if not wanted or covered(wanted, token.access):
        return
    proof = scene.token_proof("access", [str(entry) for entry in token.access] if token.access else "(empty)")
    evidence = [proof, *scene.needed_proof]
    if not any(entry.actions or entry.name for entry in token.access):
        yield _empty(scene, wanted, evidence)
        return
    held = union(token.access)
    same = [s for s in held if any(s.name == want.name for want in wanted)]
    text = " and ".join(shown(s) for s in wanted)
    if same:
        yield proven(
            "access-insufficient",
            "The token lacks an action that is needed",
            f"Needed is {text}; for this repository the token grants only "
            f"{' and '.join(_actions(s) for s in same)}. The token server grants what both was requested and is "
            "allowed.",
            evidence,
            Fix(
                "Request every action that is needed; if the token server still leaves one out, this account lacks the "
                f"right: {scene.product.push_right if _writes(wanted) else scene.product.pull_right}.",
                fixes.exchange_commands(scene, login=True),
            ),
        )
    else:
        yield proven(
            "access-other-repository",
            "The token is for another repository",
            f"Needed is {text}; the token grants {' and '.join(shown(s) for s in held)} and nothing else. A token "
            "holds for "
            "the repositories named in it, letter for letter.",
            evidence,
            Fix("Request a token for this repository.", fixes.exchange_commands(scene)),
        )


def _by_action(scene: Scene) -> tuple[Scope, ...]:
    """What the wanted action needs, where a line says that the scope did not suffice and no request is known."""
    short = any(r.meaning in (Meaning.TOKEN_SCOPE, Meaning.DENIED, Meaning.DENIED_OR_ABSENT) for r in scene.reports)
    if not short or any(e.path.startswith("/v2/") for e in scene.requests):
        return ()
    return (Scope("repository", scene.repository, ACTIONS.get(scene.action, ("pull",))),)


def _empty_alone(scene: Scene) -> Finding:
    return likely(
        "access-empty",
        "The token grants nothing",
        "Its list access is empty: it proves who the caller is and opens no repository. A login is answered so; for a "
        "pull or push a scope was not requested, not understood, or not allowed to this caller. With --reference it "
        "is compared with what is needed.",
        [scene.token_proof("access", "(empty)")],
        Fix("Request the token with scope=repository:<name>:pull, the whole URL in quotes.", ()),
    )


def _empty(scene: Scene, wanted: tuple[Scope, ...], evidence: list[Proof]) -> Finding:
    text = " and ".join(shown(s) for s in wanted)
    return proven(
        "access-empty",
        "The token grants nothing",
        f"The token is genuine and says who you are, but its list access is empty, and {text} is needed. Token servers "
        "answer 200 with an empty list when no scope was requested, when the scope was not understood, and when this "
        "caller may not have it.",
        evidence,
        _grant(scene, wanted),
    )


def _grant(scene: Scene, wanted: tuple[Scope, ...]) -> Fix:
    """How the scope is got that was not granted: by asking for it, or where it was asked for, by who asks."""
    asked = scene.requested is not None and covered(wanted, scene.requested)
    if not scene.anonymous:
        return Fix("Request the scope that is needed.", fixes.exchange_commands(scene, login=asked or None))
    who = "anonymous callers get only public repositories."
    text = f"Log in: the right scope was requested, and {who}" if asked else f"Request the scope, and log in: {who}"
    return Fix(text, fixes.exchange_commands(scene, login=asked or None))


def _actions(scope: Scope) -> str:
    return f"{', '.join(scope.actions) or 'no action'} (type {scope.type})"


def _writes(wanted: tuple[Scope, ...]) -> bool:
    return any(set(s.actions) - {"pull"} for s in wanted)


RULES = (access,)
