"""The comparison: what the registry asked, what the client requested, what the token grants, row by row."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from reglens.auth.token import LEEWAY, Token, TokenKind
from reglens.diagnosis.evidence import Evidence
from reglens.diagnosis.finding import Cell, Comparison, Row, RowName, Verdict
from reglens.diagnosis.scene import Scene, read, shown
from reglens.oci.scope import Scope, covered, union
from reglens.text import human_duration

if TYPE_CHECKING:
    from reglens.auth.keys import TrustedKeys

_LEEWAY = timedelta(seconds=LEEWAY)


def compare(evidence: Evidence) -> Comparison:
    """The six rows for `evidence`."""
    return of_scene(read(evidence))


def of_scene(scene: Scene) -> Comparison:
    """The six rows for a scene."""
    return Comparison((_service(scene), _repository(scene), _actions(scene), _issuer(scene), _time(scene), _key(scene)))


def _claims_readable(token: Token | None) -> bool:
    return token is not None and token.claims is not None


def _challenge_place(scene: Scene) -> str:
    exchange = scene.bearer_from
    return f"exchange {exchange.number}, Www-Authenticate" if exchange else ""


def _grant_place(scene: Scene) -> str:
    return f"exchange {scene.grant.number}, token request" if scene.grant else ""


def _service(scene: Scene) -> Row:
    asked = scene.bearer.service if scene.bearer else None
    place = f"{_challenge_place(scene)}, service" if asked else ""
    if scene.only_token and scene.registry and scene.asked_service:
        asked, place = scene.asked_service, scene.asked_service_proof.where
    requested = scene.requested_service
    token = scene.token
    granted: tuple[str, ...] | None = None
    if token is not None and token.claims is not None and not (token.partial and "aud" not in token.claims):
        granted = token.audience
    verdict, note = Verdict.UNKNOWN, ""
    if asked:
        if granted is not None:
            good = asked in granted
            verdict = Verdict.AGREE if good else Verdict.DISAGREE
            note = (
                "" if good else ("the token names no audience" if not granted else "the token is for another service")
            )
        if requested is not None and requested != asked:
            if verdict is not Verdict.AGREE:
                verdict = Verdict.DISAGREE
                note = "requested for another service" if requested else "the request named no service"
        elif requested == asked and granted is None:
            verdict = Verdict.AGREE
    elif requested and granted:
        verdict = Verdict.AGREE if requested in granted else Verdict.UNKNOWN
    return Row(
        RowName.SERVICE,
        Cell(_text(asked), place),
        Cell(_text(requested) or None, f"{_grant_place(scene)}, service" if requested else ""),
        Cell(_one(granted), f"{scene.token_place[0]}, aud" if granted is not None else ""),
        verdict,
        note,
    )


def _granted_scopes(scene: Scene) -> tuple[Scope, ...] | None:
    token = scene.token
    if token is None or token.claims is None or (token.partial and "access" not in token.claims):
        return None
    if "access" not in token.claims and not scene.product.grants_in_access:
        return None
    return token.access


def _names(scopes: tuple[Scope, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(s.name if s.type == "repository" else f"{s.type}:{s.name}" for s in scopes))


def _actions_of(scopes: tuple[Scope, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(action for scope in scopes for action in scope.actions))


def _repository(scene: Scene) -> Row:
    needed, requested, granted = scene.needed, scene.requested, _granted_scopes(scene)
    verdict, note = Verdict.UNKNOWN, ""
    if needed and granted is not None:
        resources = {scope.resource for scope in granted}
        good = all(scope.resource in resources for scope in needed)
        verdict = Verdict.AGREE if good else Verdict.DISAGREE
        if not good:
            note = "access is empty" if not granted else "the token names other resources"
    elif needed and requested is not None:
        asked_for = {scope.resource for scope in requested}
        good = all(scope.resource in asked_for for scope in needed)
        verdict = Verdict.AGREE if good else Verdict.DISAGREE
        note = "" if good else ("no scope was requested" if not requested else "another resource was requested")
    return Row(
        RowName.REPOSITORY,
        Cell(_one(_names(needed)) if needed else None, _asked_scope_place(scene) if needed else ""),
        Cell(_one(_names(requested)) if requested else None, f"{_grant_place(scene)}, scope" if requested else ""),
        Cell(
            None if granted is None else _one(_names(granted)),
            f"{scene.token_place[0]}, access" if granted is not None else "",
        ),
        verdict,
        note,
    )


def _asked_scope_place(scene: Scene) -> str:
    if scene.bearer is not None and scene.bearer.scopes:
        return f"{_challenge_place(scene)}, scope"
    return f"exchange {scene.judged.number}, URL" if scene.judged else ""


def _actions(scene: Scene) -> Row:
    needed, requested, granted = scene.needed, scene.requested, _granted_scopes(scene)
    verdict, note = Verdict.UNKNOWN, ""
    if needed and granted is not None:
        good = covered(needed, granted)
        verdict = Verdict.AGREE if good else Verdict.DISAGREE
        note = "" if good else "not every action is granted"
    elif needed and requested is not None:
        good = covered(needed, requested)
        verdict = Verdict.AGREE if good else Verdict.DISAGREE
        note = "" if good else "not every action was requested"
    elif requested and granted is not None:
        good = covered(requested, granted)
        verdict = Verdict.AGREE if good else Verdict.DISAGREE
        note = "" if good else "less is granted than was requested"
    relevant = granted
    if granted and needed:
        resources = {scope.resource for scope in needed}
        relevant = tuple(scope for scope in union(granted) if scope.resource in resources)
    return Row(
        RowName.ACTIONS,
        Cell(_one(_actions_of(needed)) if needed else None, _asked_scope_place(scene) if needed else ""),
        Cell(_one(_actions_of(requested)) if requested else None, f"{_grant_place(scene)}, scope" if requested else ""),
        Cell(
            None if relevant is None else _one(_actions_of(relevant)),
            f"{scene.token_place[0]}, access" if granted is not None else "",
        ),
        verdict,
        note,
    )


def _issuer(scene: Scene) -> Row:
    """A registry never says whom it trusts, so this row is known only where its log or configuration is pasted."""
    token = scene.token
    issuer = token.issuer if token is not None and token.claims is not None else None
    trusted, where = trusted_issuer(scene)
    verdict, note = Verdict.UNKNOWN, "a challenge does not say which issuer is trusted" if issuer else ""
    if trusted is not None and issuer is not None:
        verdict = Verdict.AGREE if trusted == issuer else Verdict.DISAGREE
        note = "" if trusted == issuer else "the registry trusts another issuer"
    elif scene.ok and issuer is not None and scene.authorization is not None:
        verdict, note = Verdict.AGREE, ""
    realm = scene.bearer.realm if scene.bearer else None
    return Row(
        RowName.ISSUER,
        Cell(_text(trusted), where),
        Cell(_text(realm), f"{_challenge_place(scene)}, realm" if realm else ""),
        Cell(_text(issuer), f"{scene.token_place[0]}, iss" if issuer is not None else ""),
        verdict,
        note,
    )


def trusted_issuer(scene: Scene) -> tuple[str | None, str]:
    """The issuer that the registry trusts, and how that is known: from its configuration (``auth.token.issuer``), or
    from a token that it accepted."""
    for fact in scene.evidence.facts:
        if fact.path[-3:] == ("auth", "token", "issuer") and isinstance(fact.value, str):
            return fact.value, fact.source
    if scene.trusted_token is not None and scene.trusted_token.issuer:
        return scene.trusted_token.issuer, "a token that the registry accepted"
    return None, ""


def _time(scene: Scene) -> Row:
    token, moment = scene.token, scene.moment
    asked = Cell(f"{moment:%Y-%m-%d %H:%M:%S}", scene.moment_source) if moment else Cell()
    if not _claims_readable(token) or token is None:
        return Row(RowName.TIME, asked)
    start, end = token.not_before or token.issued_at, token.expires
    if start is None and end is None:
        return Row(RowName.TIME, asked, granted=Cell(None, ""), note="the token says nothing about its life")
    same_day = start is not None and end is not None and start.date() == end.date()
    parts = [
        f"{start:%Y-%m-%d %H:%M:%S}" if start else "…",
        "…" if end is None else f"{end:%H:%M:%S}" if same_day else f"{end:%Y-%m-%d %H:%M:%S}",
    ]
    verdict, note = Verdict.UNKNOWN, ""
    if moment is not None:
        verdict = Verdict.AGREE
        if end is not None:
            left = (end - moment).total_seconds()
            note = f"{human_duration(left)} left" if left >= 0 else f"expired {human_duration(left)} before"
            if moment > end + _LEEWAY:
                verdict = Verdict.DISAGREE
            elif left < 0:
                note += f", within the {LEEWAY} s that are forgiven"
        if token.in_milliseconds("nbf"):
            verdict, note = Verdict.DISAGREE, "nbf is in milliseconds"
        elif token.not_before is not None and moment < token.not_before - _LEEWAY:
            ahead = (token.not_before - moment).total_seconds()
            verdict, note = Verdict.DISAGREE, f"begins {human_duration(ahead)} later"
    return Row(
        RowName.TIME,
        asked,
        granted=Cell(" … ".join(parts), f"{scene.token_place[0]}, nbf and exp"),
        verdict=verdict,
        note=note,
    )


def _key(scene: Scene) -> Row:
    token, keys = scene.token, scene.evidence.keys
    if token is None or token.kind is not TokenKind.JWT or token.header is None:
        return Row(RowName.KEY)
    named = [name for name in ("kid", "x5c", "jwk") if name in token.header]
    key = token.key_id or (named[0] if named else "no key named")
    granted = Cell(shown(f"{token.algorithm or 'no alg'} {key}"), f"{scene.token_place[0]}, header")
    accepted = scene.ok and scene.authorization is not None
    state, detail = signature_state(token, keys)
    if keys is not None and state in ("valid", "invalid", "untrusted"):
        asked = Cell(shown(f"a key of {keys.source}"), "the file of keys")
        verdict = Verdict.AGREE if state == "valid" else Verdict.DISAGREE
        more = "; the registry accepted it all the same" if accepted and state != "valid" else ""
        return Row(RowName.KEY, asked, granted=granted, verdict=verdict, note=shown(detail) + more)
    if accepted:
        return Row(RowName.KEY, granted=granted, verdict=Verdict.AGREE)
    if state == "invalid" or token.algorithm in (None, "none"):
        return Row(RowName.KEY, granted=granted, verdict=Verdict.DISAGREE, note=detail or "it is not signed")
    if not named:
        return Row(RowName.KEY, granted=granted, verdict=Verdict.DISAGREE, note="the token names no key")
    note = "whole by its own key; whether that is trusted, only the registry knows" if state == "valid" else detail
    return Row(RowName.KEY, granted=granted, note=note)


def signature_state(token: Token, keys: TrustedKeys | None = None) -> tuple[str, str]:
    """State and detail of the signature, checked against `keys` if there are any, else against the key that the token
    itself brings."""
    if token.partial or not token.has_signature or token.header is None:
        return "not checked", ""
    if keys is None and "x5c" not in token.header and "jwk" not in token.header:
        return "no key", ""
    from reglens.auth.keys import check_signature

    verdict = check_signature(token, keys)
    return str(verdict.state), verdict.detail


def signature_words(token: Token, keys: TrustedKeys | None = None) -> str:
    """The state of the signature as a document gives it."""
    state, _ = signature_state(token, keys)
    if state == "untrusted" and keys is not None:
        return f"signed by a key that is not among those of {keys.source}"
    return state


def _text(value: str | None) -> str | None:
    return shown(value) if value is not None else None


def _one(values: tuple[str, ...] | None) -> str | tuple[str, ...] | None:
    if values is None:
        return None
    cleaned = tuple(shown(value) for value in values)
    return cleaned[0] if len(cleaned) == 1 else cleaned
