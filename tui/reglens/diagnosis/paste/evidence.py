"""The last step of reading a paste: drafts become records, tokens find their requests, and all of it `Evidence`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from reglens.auth.token import Token, TokenKind
from reglens.diagnosis.evidence import Command, Evidence, ShellEffect
from reglens.diagnosis.paste import clients, configs, wanted
from reglens.diagnosis.paste.commands import Run
from reglens.diagnosis.paste.drafts import TOKEN_FIELDS, Draft, Gap, Numbered
from reglens.diagnosis.paste.reading import MAX_DRAFTS, Lone, Reading
from reglens.diagnosis.paste.source import Source, rough
from reglens.diagnosis.paste.tokens import SHORTENED
from reglens.mask import mask, mask_arguments
from reglens.trace.exchange import Authorization, Exchange

MAX_COMMANDS = 500
MAX_ALIKE = 40
"""Lines that differ only in digits and hexadecimal letters, of which so many are kept as pasted text."""
PREFIX = 8
"""Characters that must agree for a shortened token to be taken for another one."""


def gather(text: str, reference: str | None, moment: datetime | None) -> Evidence:
    """See `reglens.diagnosis.paste.read_paste`."""
    source = Source.read(text)
    reading = Reading(source)
    reading.read()
    numbered = Numbered(_worth(reading), MAX_DRAFTS)
    exchanges = _attached(numbered, numbered.records(), reading.tokens)
    left = source.without(reading.taken)
    typed, action = wanted.find(reading.shell.runs, exchanges, reference)
    return Evidence(
        exchanges=exchanges,
        reference=typed,
        wanted=wanted.read(typed),
        action=action,
        tokens=tuple(lone.token for lone in reading.tokens),
        token_spans=tuple(lone.span for lone in reading.tokens),
        commands=_commands(reading.shell.runs[:MAX_COMMANDS], numbered),
        reports=clients.read(left),
        facts=configs.read(left),
        spans=numbered.spans,
        moment=moment,
        pasted=mask("\n".join(_unlike(source))),
        foreign=not (exchanges or typed or reading.tokens or reading.shell.runs) and _foreign(text),
    )


def _foreign(text: str) -> bool:
    """Whether nothing in a paste of some length speaks of a registry."""
    return len(text) > SHORT and _OF_REGISTRIES.search(text, 0, LOOKED_THROUGH) is None


def _worth(reading: Reading) -> list[Draft]:
    """The drafts that say something, in the order in which they ran: a redirect's target stands behind its source."""
    return [
        d for d in reading.drafts if d.url or d.status or d.response_headers or d.body or d.failure or d.request_headers
    ]


SHORT = 200
"""Characters of a paste that is all there is to go by."""
LOOKED_THROUGH = 1_000_000
_OF_REGISTRIES = re.compile(
    r"docker|podman|contain|kube|\bpods?\b|registr(?:y|ies)|image|manifest|/v2/|\boci\b|skopeo|crane|build(?:ah|kit|x)|"
    r"\bhelm|\bblobs?\b|\blayers?\b|repository:|ghcr|gcr\.io|pkg\.dev|quay|\becr\b|azurecr|harbor|artifactory|pull|push|"
    r"bearer|www-authenticate|authentication required|requested access",
    re.IGNORECASE,
)
"""What speaks of registries and those who use them."""
_LOOKED_FOR = ("/v2/", "Push", "Layer already exists", "Uploaded", "htpasswd")
"""Texts that rules look for in `Evidence.pasted`."""


def _unlike(source: Source) -> Iterator[str]:
    """The lines of a paste that rules look into, without those whose like came often already."""
    same: set[str] = set()
    seen: Counter[bytes] = Counter()
    for line in source.lines:
        text = line.text
        if text in same or not any(mark in text for mark in _LOOKED_FOR):
            continue
        same.add(text)
        kind = rough(text)
        seen[kind] += 1
        if seen[kind] <= MAX_ALIKE:
            yield text


def _commands(runs: Sequence[Run], numbered: Numbered) -> tuple[Command, ...]:
    """The commands, each with the numbers of the exchanges that it made; a redirect's target is its source's."""
    made: dict[int, list[int]] = {}
    for draft in numbered.drafts:
        for origin in {id(draft), id(draft.follows)} if draft.follows is not None else {id(draft)}:
            made.setdefault(origin, []).append(numbered.numbers[id(draft)])
    return tuple(_command(run, sorted({n for d in run.drafts for n in made.get(id(d), ())})) for run in runs)


def _command(run: Run, exchanges: Sequence[int]) -> Command:
    effects = tuple(
        ShellEffect(e.kind, mask(e.written)[:4000], mask(e.became)[:4000], mask(e.lost)[:4000], e.span)
        for e in run.effects[:50]
    )
    argv = tuple(mask_arguments([run.program, *(a.text for a in run.arguments[:500])]))
    return Command(run.program, argv, mask(run.text.text[:20_000]), effects, tuple(exchanges), run.span)


class Given:
    """The tokens that answers gave, by the numbers of their exchanges, found again by what was sent."""

    def __init__(self, tokens: Sequence[tuple[int, Token]]) -> None:
        self.tokens = tokens
        self.whole: dict[str, list[tuple[int, Token]]] = {}
        self.short: list[tuple[int, Token]] = []
        for number, token in tokens:
            raw = token.raw.reveal()
            self.whole.setdefault(raw, []).append((number, token))
            if _is_short(raw):
                self.short.append((number, token))

    def like(self, raw: str) -> list[tuple[int, Token]]:
        """Those that are `raw`, or may be where one of both is shortened."""
        others = self.tokens if _is_short(raw) else self.short
        same = self.whole.get(raw, []) if raw else []
        return [*same, *(o for o in others if o[1].raw.reveal() != raw and _same(o[1].raw.reveal(), raw))]


def _is_short(raw: str) -> bool:
    return "..." in raw or "…" in raw


def _attached(numbered: Numbered, exchanges: Sequence[Exchange], lone: Sequence[Lone]) -> tuple[Exchange, ...]:
    """Exchanges in which each ``Authorization`` names the exchange that gave its token, and one whose token the paste
    shows only elsewhere (shortened here, whole or decoded there) has that token."""
    done: list[Exchange] = []
    given = Given([(e.number, e.token) for e in exchanges if e.token is not None])
    alone = [entry.token for entry in lone]
    for draft, exchange in zip(numbered.drafts, exchanges, strict=True):
        authorization = exchange.authorization
        if authorization is not None and authorization.scheme.lower() != "basic":
            authorization = _sourced(authorization, draft, exchange.number, given, alone, numbered)
            exchange = replace(exchange, authorization=authorization)
        done.append(exchange)
    return tuple(done)


def _sourced(
    authorization: Authorization,
    draft: Draft,
    number: int,
    given: Given,
    alone: Sequence[Token],
    numbered: Numbered,
) -> Authorization:
    raw = authorization.secret.reveal().strip()
    same = [(n, token) for n, token in given.like(raw) if n != number]
    if same:
        n, token = max(same, key=lambda pair: (not pair[1].partial, pair[0] < number, pair[0]))
        use = authorization.source == SHORTENED and not token.partial
        return replace(authorization, source=f"exchange {n}", token=token if use else authorization.token)
    gap = (
        next(iter(draft.gaps.get("authorization", [])), None)
        if authorization.source.startswith(("var", "out"))
        else None
    )
    if gap is not None and gap.capture is not None:
        return _captured(authorization, gap, numbered, given.tokens)
    if authorization.token is not None and authorization.token.claims is not None:
        return authorization
    if authorization.token is None or authorization.token.partial:
        candidates = [t for t in alone if t.kind is not TokenKind.OPAQUE and t.claims is not None]
        fitting = [t for t in candidates if not authorization.token or t.partial or _same(t.raw.reveal(), raw)]
        if authorization.scheme.lower() == "bearer" and len({t.raw for t in fitting}) == 1:
            return replace(authorization, token=fitting[0])
        if (
            authorization.source
            and authorization.scheme.lower() == "bearer"
            and len({t.raw for _, t in given.tokens}) == 1
        ):
            n, token = given.tokens[0]
            if n < number and not authorization.token:
                return replace(authorization, token=token, source=f"{authorization.source}, exchange {n}")
    return authorization


def _captured(
    authorization: Authorization, gap: Gap, numbered: Numbered, given: Sequence[tuple[int, Token]]
) -> Authorization:
    capture = gap.capture
    number = numbered.numbers.get(id(capture.draft)) if capture and capture.draft else None
    if capture is None or number is None:
        return authorization
    source = f"{authorization.source}, exchange {number}"
    if not capture.member:
        return replace(authorization, source=f"{source}, the whole answer")
    token = next((t for n, t in given if n == number), None)
    if capture.member not in TOKEN_FIELDS and token is None:
        return replace(authorization, source=f"{source}, another field")
    if capture.quoted:
        return replace(authorization, source=f"{source}, in quotes")
    return replace(authorization, source=source, token=token)


def _same(one: str, other: str) -> bool:
    """Whether two texts are the same token, one of them perhaps shortened."""
    if one == other:
        return bool(one)
    heads = [text.split("...")[0].split("…")[0] for text in (one, other)]
    if heads[0] == one and heads[1] == other:
        return False
    shared = min(len(heads[0]), len(heads[1]))
    return shared >= PREFIX and heads[0][:shared] == heads[1][:shared]
