"""The attempt that counts: which exchange decides, its challenge, its token request, its token, its moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from reglens.auth.challenge import Challenge
from reglens.auth.token import Token, TokenKind
from reglens.diagnosis.evidence import Evidence
from reglens.diagnosis.reading import is_mask, unseen
from reglens.trace.exchange import Authorization, Exchange, Role


def _is_base(exchange: Exchange) -> bool:
    return exchange.path.rstrip("/") == "/v2"


def _refused(exchange: Exchange) -> bool:
    if exchange.failure is not None or (exchange.status or 0) >= 400:
        return True
    return exchange.status is None and bool(exchange.challenges)


@dataclass(frozen=True)
class Attempt:
    """The exchanges of the evidence, and what they say of the attempt under judgement."""

    evidence: Evidence

    # -- the exchanges ------------------------------------------------------------------------------------------------

    @cached_property
    def requests(self) -> tuple[Exchange, ...]:
        """Exchanges with the registry and what it redirects to, in order."""
        return tuple(e for e in self.evidence.exchanges if e.role is not Role.TOKEN)

    @cached_property
    def token_requests(self) -> tuple[Exchange, ...]:
        return tuple(e for e in self.evidence.exchanges if e.role is Role.TOKEN)

    @cached_property
    def last(self) -> Exchange | None:
        """The request to the registry that decides: the last one that got an answer or failed. That the base route
        answers well says nothing of what was refused before it."""
        ended = [e for e in self.requests if e.status is not None or e.failure is not None or e.challenges]
        if not ended:
            return None
        final = ended[-1]
        if _is_base(final) and not _refused(final):
            before = [e for e in ended if not _is_base(e)]
            return before[-1] if before and _refused(before[-1]) else final
        return final

    @cached_property
    def refusal(self) -> Exchange | None:
        """The last registry request, if it was not answered as wished; None when all went well or nothing is known."""
        last = self.last
        if last is None:
            return None
        return last if _refused(last) else None

    @cached_property
    def challenged(self) -> Exchange | None:
        """The exchange whose challenge counts: the refusal's own, else the last one that came."""
        if self.refusal is not None and self.refusal.challenges:
            return self.refusal
        with_challenge = [e for e in self.requests if e.challenges]
        return with_challenge[-1] if with_challenge else None

    @cached_property
    def challenge(self) -> Challenge | None:
        """The challenge that counts: Bearer before Basic, as clients choose."""
        if self.challenged is None:
            return None
        offered = self.challenged.challenges
        for scheme in ("bearer", "basic"):
            for challenge in offered:
                if challenge.is_scheme(scheme):
                    return challenge
        return offered[0] if offered else None

    @cached_property
    def bearer(self) -> Challenge | None:
        """The Bearer challenge to compare with: of the refusal, else of any earlier answer (a ping's)."""
        for exchange in (self.challenged, *reversed(self.requests)):
            for challenge in exchange.challenges if exchange else ():
                if challenge.is_scheme("bearer"):
                    return challenge
        return None

    @cached_property
    def bearer_from(self) -> Exchange | None:
        """The exchange that sent `bearer`."""
        for exchange in (self.challenged, *reversed(self.requests)):
            if exchange and any(c is self.bearer for c in exchange.challenges):
                return exchange
        return None

    @cached_property
    def grant(self) -> Exchange | None:
        """The token request that counts: the one whose token the refused request carried, else the last one."""
        carried = self.authorization.token if self.authorization else None
        if carried is not None:
            for exchange in reversed(self.token_requests):
                if exchange.token is not None and exchange.token.raw == carried.raw:
                    return exchange
        return self.token_requests[-1] if self.token_requests else None

    @cached_property
    def asked_at_realm(self) -> Exchange | None:
        """The token request as the client made it: where the realm redirects, the hops after it are the server's."""
        asked = self.grant
        for _ in range(len(self.token_requests)):
            before = next((e for e in self.token_requests if asked and e.number == asked.follows), None)
            if before is None:
                return asked
            asked = before
        return asked

    @cached_property
    def grant_failed(self) -> bool:
        """Whether the token request that counts failed, or gave no token."""
        grant = self.grant
        if grant is None:
            return False
        return grant.failure is not None or (grant.status or 0) >= 400

    @property
    def only_token(self) -> bool:
        """Whether a token is all there is: no exchange with it, no line of a client or server about it."""
        return bool(self.evidence.tokens) and not self.evidence.exchanges and not self.evidence.reports

    @property
    def rehearsed(self) -> bool:
        """Whether a push or deletion is checked live, for which a token is got and the request itself never made."""
        return self.evidence.now is not None and self.evidence.action in ("push", "delete")

    @cached_property
    def rehearsed_grant(self) -> Exchange | None:
        """The token request that a rehearsed push or deletion ended with, if it was answered well."""
        grant = self.grant
        if not self.rehearsed or grant is None or self.grant_failed or self.last is None:
            return None
        return grant if grant.number > self.last.number else None

    @cached_property
    def ok(self) -> bool:
        """Whether the last registry request was answered as wished, and nothing after it failed."""
        last = self.last
        if last is not self.requests[-1] if self.requests else last is None:
            return False  # what became of the last request is not known
        if last is None or last.failure is not None or last.status is None or last.status >= 400:
            return False
        later = [e for e in self.evidence.exchanges if e.number > last.number]
        return not any(e.failure or (e.status or 0) >= 400 for e in later)

    # -- what was sent ------------------------------------------------------------------------------------------------

    @cached_property
    def judged(self) -> Exchange | None:
        """The request whose Authorization is judged: the refusal, or the last request."""
        return self.refusal or self.last

    @cached_property
    def authorization(self) -> Authorization | None:
        return self.judged.authorization if self.judged else None

    @cached_property
    def token(self) -> Token | None:
        """The token that was used, or would be: sent with the judged request, else granted last, else pasted alone."""
        sent = self.authorization.token if self.authorization else None
        if sent is not None and (sent.claims is not None or not self._readable):
            return sent
        return self._readable or sent

    @cached_property
    def _readable(self) -> Token | None:
        """A readable token from elsewhere than the judged request, when that one's is masked or absent."""
        answered = [e.token for e in self.token_requests if e.token is not None]
        sent = [e.authorization.token for e in self.requests if e.authorization and e.authorization.token]
        candidates = [*reversed(answered), *reversed(sent), *reversed(self.evidence.tokens)]
        if self.authorization is not None and self.authorization.token is not None:
            mine = self.authorization.token
            if mine.kind is TokenKind.OPAQUE and not is_mask(mine.raw.reveal()) and not unseen(self.authorization):
                return None
        return next((t for t in candidates if t.claims is not None), candidates[0] if candidates else None)

    @cached_property
    def token_place(self) -> tuple[str, Exchange | None]:
        """Where the token stands, in words, and its exchange."""
        token = self.token
        for exchange in reversed(self.evidence.exchanges):
            if exchange.authorization and exchange.authorization.token is token:
                return f"exchange {exchange.number}, Authorization", exchange
            if exchange.token is token:
                return f"exchange {exchange.number}, token", exchange
        return "token", None

    # -- the moment ---------------------------------------------------------------------------------------------------

    @cached_property
    def moment(self) -> datetime | None:
        """When it was refused, by the answering server's clock where that is known; else None."""
        for exchange in (self.refusal, self.last, *reversed(self.requests)):
            if exchange is not None and exchange.server_time is not None:
                return exchange.server_time
        if self.evidence.moment is not None:
            return self.evidence.moment
        for exchange in reversed(self.token_requests):
            if exchange.server_time is not None:
                return exchange.server_time
        told = [r.time for r in self.evidence.reports if r.time is not None]
        if told:
            return told[-1]
        return self.evidence.now

    @cached_property
    def moment_source(self) -> str:
        """Where the moment was read."""
        for exchange in (self.refusal, self.last, *reversed(self.requests), *reversed(self.token_requests)):
            if exchange is not None and exchange.server_time is not None and exchange.server_time == self.moment:
                return f"exchange {exchange.number}, Date"
        if self.moment is None:
            return ""
        if self.evidence.moment is not None:
            return "given"
        return "log line" if self.moment != self.evidence.now else "local clock"
