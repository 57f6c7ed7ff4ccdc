"""The authorization flow, told canned answers: no network, no clock."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reglens.auth.challenge import parse_challenges
from reglens.auth.credentials import Credential, Lookup
from reglens.auth.flow import AskBase, FindCredentials, Habits, Obtain, Outcome, Resource, Send, authorize
from reglens.auth.reply import Presented, Reply
from reglens.auth.token import read_token
from reglens.auth.token_request import TokenWant
from reglens.auth.tokens import Grant
from reglens.errors import TokenError
from reglens.secret import Secret
from reglens.trace.exchange import Exchange, Headers

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALICE = Credential("the test", username="alice", password=Secret("wonder"))
ALPINE = Resource("content", "library/alpine")
HUB = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/alpine:pull"'


def reply(status: int, *challenges: str) -> Reply:
    headers = Headers([("WWW-Authenticate", challenge) for challenge in challenges])
    return Reply(status, {}, b"", Exchange(number=1, status=status, response_headers=headers))


@dataclass
class Driver:
    """Answers the steps of flows to one registry: resource requests from a list, tokens one after the other."""

    registry: str = "registry-1.docker.io"
    credential: Credential | None = None
    trusted: frozenset[str] = frozenset()
    base_url: str = ""
    habits: Habits = field(default_factory=Habits)
    base: str = ""
    token_errors: list[TokenError] = field(default_factory=list)
    sent: list[Presented | None] = field(default_factory=list)
    wants: list[TokenWant] = field(default_factory=list)
    cache: dict[Any, Grant] = field(default_factory=dict)
    pings: int = 0

    def run(self, resource: Resource, *replies: Reply) -> Outcome:
        self.sent.clear()
        self.wants.clear()
        waiting = list(replies)
        base_url = self.base_url or f"https://{self.registry}"
        flow: Generator[Any, Any, Outcome] = authorize(
            resource, self.habits, registry=self.registry, base_url=base_url, now=NOW, trusted=self.trusted
        )
        try:
            step = next(flow)
            while True:
                if isinstance(step, Send):
                    self.sent.append(step.presented)
                    assert waiting, "one request more than the test expects"
                    step = flow.send(waiting.pop(0))
                elif isinstance(step, FindCredentials):
                    step = flow.send(Lookup(self.credential))
                elif isinstance(step, AskBase):
                    self.pings += 1
                    step = flow.send(parse_challenges(self.base) if self.base else ())
                else:
                    step = self.obtain(flow, step)
        except StopIteration as stop:
            assert not waiting, "fewer requests than the test expects"
            outcome: Outcome = stop.value
            return outcome

    def obtain(self, flow: Generator[Any, Any, Outcome], step: Obtain) -> Any:
        key = step.want.key
        if step.instead_of is not None and self.cache.get(key) is step.instead_of:
            del self.cache[key]
        if key not in self.cache:
            self.wants.append(step.want)
            if self.token_errors:
                return flow.throw(self.token_errors.pop())
            token = read_token(f"opaque-{len(self.cache)}-{len(self.wants)}")
            exchange = Exchange(number=9)
            self.cache[key] = Grant(key, token, NOW + timedelta(hours=1), step.want.challenge, exchange, NOW)
        return flow.send(self.cache[key])

    @property
    def schemes(self) -> list[str]:
        return [presented.scheme if presented else "" for presented in self.sent]


def test_an_open_registry_is_asked_once_with_nothing() -> None:
    driver = Driver()
    assert driver.run(ALPINE, reply(200)).reply.status == 200
    assert driver.sent == [None]


def test_a_challenge_leads_to_a_token_and_a_second_request() -> None:
    driver = Driver()
    outcome = driver.run(ALPINE, reply(401, HUB), reply(200))
    assert driver.schemes == ["", "Bearer"]
    [want] = driver.wants
    assert (want.url, want.service) == ("https://auth.docker.io/token", "registry.docker.io")
    assert want.scopes == ("repository:library/alpine:pull",)
    assert outcome.grant is not None
    assert outcome.grant.accepted


def test_the_next_repository_is_asked_with_a_token_at_once() -> None:
    driver = Driver()
    driver.run(ALPINE, reply(401, HUB), reply(200))
    driver.run(Resource("content", "acme/shop"), reply(200))
    assert driver.schemes == ["Bearer"]
    assert driver.wants[0].scopes == ("repository:acme/shop:pull",)


def test_one_token_serves_every_manifest_of_a_repository() -> None:
    driver = Driver()
    driver.run(ALPINE, reply(401, HUB), reply(200))
    driver.run(ALPINE, reply(200))
    assert driver.wants == []


def test_a_challenge_without_scope_means_that_of_the_resource() -> None:
    driver = Driver("gitea.example.com")
    driver.run(
        Resource("content", "me/app"), reply(401, 'Bearer realm="https://gitea.example.com/v2/token"'), reply(200)
    )
    assert driver.wants[0].scopes == ("repository:me/app:pull",)
    assert driver.wants[0].service == ""


def test_an_empty_scope_on_the_base_route_asks_for_none() -> None:
    driver = Driver("zot.example.com")
    driver.run(
        Resource("base"), reply(401, 'Bearer realm="https://zot.example.com/t",service="zot",scope=""'), reply(200)
    )
    assert driver.wants[0].scopes == ()


def test_bearer_is_chosen_where_gitea_offers_a_bare_basic_too() -> None:
    driver = Driver("gitea.example.com", ALICE)
    challenge = 'Bearer realm="https://gitea.example.com/v2/token"'
    driver.run(Resource("content", "me/app"), reply(401, challenge, "Basic"), reply(200))
    assert driver.schemes == ["", "Bearer"]
    assert driver.wants[0].credential is ALICE


def test_basic_is_chosen_where_the_realm_may_not_have_the_password() -> None:
    driver = Driver("registry.example.com", ALICE)
    challenge = 'Bearer realm="https://elsewhere.test/token"'
    driver.run(Resource("content", "me/app"), reply(401, challenge, 'Basic realm="x"'), reply(200))
    assert driver.schemes == ["", "Basic"]
    assert driver.wants == []


def test_basic_is_remembered_and_sent_at_once_the_next_time() -> None:
    driver = Driver("registry.example.com", ALICE)
    driver.run(Resource("content", "me/app"), reply(401, 'Basic realm="basic-realm"'), reply(200))
    driver.run(Resource("tags", "me/app"), reply(200))
    assert driver.schemes == ["Basic"]


def test_a_wrong_password_is_sent_once_only() -> None:
    driver = Driver("registry.example.com", ALICE)
    outcome = driver.run(Resource("content", "a"), reply(401, 'Basic realm="r"'), reply(401, 'Basic realm="r"'))
    assert outcome.reply.status == 401
    assert driver.schemes == ["", "Basic"]


def test_basic_without_credentials_ends_at_the_first_refusal() -> None:
    outcome = Driver("registry.example.com").run(Resource("content", "a"), reply(401, 'Basic realm="r"'))
    assert outcome.reply.status == 401


def test_harbor_turning_to_basic_after_a_token_gets_basic() -> None:
    driver = Driver("harbor.example.com", ALICE)
    bearer = (
        'Bearer realm="https://harbor.example.com/service/token",service="harbor-registry",scope="repository:a/b:pull"'
    )
    outcome = driver.run(Resource("content", "a/b"), reply(401, bearer), reply(401, 'Basic realm="harbor"'), reply(200))
    assert outcome.reply.status == 200
    assert driver.schemes == ["", "Bearer", "Basic"]


def test_a_token_refused_although_it_covers_the_scope_is_final() -> None:
    driver = Driver()
    refused = reply(401, HUB + ',error="insufficient_scope"')
    assert driver.run(ALPINE, reply(401, HUB), refused).reply is refused
    assert len(driver.wants) == 1


def test_a_second_challenge_for_more_gets_a_token_for_both_with_the_missing_scope_first() -> None:
    driver = Driver()
    more = HUB.replace("library/alpine:pull", "acme/base:pull") + ',error="insufficient_scope"'
    driver.run(ALPINE, reply(401, HUB), reply(401, more), reply(200))
    assert driver.wants[1].scopes == ("repository:acme/base:pull", "repository:library/alpine:pull")


def test_a_scope_in_another_order_of_actions_is_covered() -> None:
    driver = Driver()
    first = HUB.replace(":pull", ":push,pull")
    again = HUB.replace(":pull", ":pull,push") + ',error="insufficient_scope"'
    driver.run(ALPINE, reply(401, first), reply(401, again))
    assert [want.scopes for want in driver.wants] == [("repository:library/alpine:pull,push",)]


def test_a_token_that_worked_and_expired_is_renewed_once() -> None:
    driver = Driver()
    driver.run(ALPINE, reply(401, HUB), reply(200))
    expired = reply(401, HUB + ',error="invalid_token"')
    driver.run(ALPINE, expired, reply(200))
    assert driver.schemes == ["Bearer", "Bearer"]
    assert len(driver.wants) == 1
    driver.run(ALPINE, expired, expired)
    assert len(driver.wants) == 1


def test_a_token_that_never_worked_is_not_renewed() -> None:
    driver = Driver()
    invalid = reply(401, HUB + ',error="invalid_token"')
    driver.run(ALPINE, reply(401, HUB), invalid)
    driver.run(ALPINE, invalid)
    assert driver.wants == []


def test_a_refusal_of_zot_without_challenge_after_a_token_is_final() -> None:
    driver = Driver("zot.example.com")
    bearer = 'Bearer realm="https://zot.example.com/t",service="zot",scope="repository:a:pull"'
    driver.run(Resource("content", "a"), reply(401, bearer), reply(401))
    assert driver.pings == 0


def test_a_refusal_without_challenge_takes_the_one_of_the_base_route() -> None:
    driver = Driver("gcr.io", base='Bearer realm="https://gcr.io/v2/token",service="gcr.io"')
    driver.run(Resource("content", "p/app"), reply(401), reply(200))
    assert driver.pings == 1
    assert driver.wants[0].scopes == ("repository:p/app:pull",)
    driver.run(Resource("content", "p/other"), reply(200))
    assert driver.schemes == ["Bearer"]


def test_no_challenge_anywhere_ends_it() -> None:
    driver = Driver("gcr.io")
    assert driver.run(Resource("content", "p/app"), reply(401)).reply.status == 401


def test_a_challenge_on_a_200_is_remembered_for_the_repositories() -> None:
    driver = Driver("quay.io")
    driver.run(Resource("base"), reply(200, 'Bearer realm="https://quay.io/v2/auth",service="quay.io"'))
    driver.run(Resource("content", "a/b"), reply(200))
    assert driver.schemes == ["Bearer"]
    assert driver.wants[0].scopes == ("repository:a/b:pull",)


def test_acr_is_asked_for_metadata_read_for_the_tags_of_the_next_repository_too() -> None:
    driver = Driver("x.azurecr.io")
    realm = 'Bearer realm="https://x.azurecr.io/oauth2/token",service="x.azurecr.io"'
    driver.run(Resource("tags", "a"), reply(401, f'{realm},scope="repository:a:metadata_read"'), reply(200))
    driver.run(Resource("tags", "b"), reply(200))
    assert driver.wants[0].scopes == ("repository:b:metadata_read",)


def test_a_name_that_the_registry_rewrites_is_remembered_for_that_repository() -> None:
    driver = Driver("mirror.example.com")
    rewritten = 'Bearer realm="https://mirror.example.com/t",service="m",scope="repository:library/alpine:pull"'
    driver.run(Resource("content", "alpine"), reply(401, rewritten), reply(200))
    driver.run(Resource("content", "alpine"), reply(200))
    assert driver.wants == []


def test_an_ill_formed_scope_is_asked_for_as_it_was_written() -> None:
    driver = Driver("olareg.example.com")
    challenge = 'Bearer realm="https://olareg.example.com/token",service="olareg registry",scope="registry::pull"'
    driver.run(Resource("base"), reply(401, challenge), reply(200))
    assert driver.wants[0].scopes == ("registry::pull",)


def test_a_relative_realm_is_resolved_against_the_registry() -> None:
    driver = Driver("registry.example.com")
    driver.run(Resource("base"), reply(401, 'Bearer realm="/token",service="s"'), reply(200))
    assert driver.wants[0].url == "https://registry.example.com/token"


def test_a_challenge_without_realm_is_said_to_be_none() -> None:
    with pytest.raises(TokenError, match="names no realm"):
        Driver("registry.example.com").run(Resource("base"), reply(401, 'Bearer service="s"'))


def test_a_broken_first_challenge_does_not_hide_the_good_second_one() -> None:
    driver = Driver("registry.example.com")
    driver.run(Resource("base"), reply(401, "Bearer", 'Bearer realm="https://registry.example.com/t"'), reply(200))
    assert driver.schemes == ["", "Bearer"]


def test_an_unknown_scheme_ends_at_the_refusal() -> None:
    outcome = Driver("registry.example.com", ALICE).run(Resource("base"), reply(401, "Negotiate"))
    assert outcome.reply.status == 401


def test_a_failed_guess_lets_the_registry_speak_for_itself() -> None:
    driver = Driver()
    driver.run(ALPINE, reply(401, HUB), reply(200))
    driver.token_errors.append(TokenError("no"))
    driver.run(Resource("content", "public/image"), reply(200))
    assert driver.schemes == [""]


def test_a_repository_with_a_broken_realm_does_not_spoil_the_others() -> None:
    driver = Driver()
    driver.run(ALPINE, reply(401, HUB), reply(200))
    broken = 'Bearer realm="https://auth.docker.io/broken",service="x",scope="repository:bad/one:pull"'
    driver.run(Resource("content", "bad/one"), reply(401, broken), reply(401, broken))
    assert [want.url for want in driver.wants] == ["https://auth.docker.io/token", "https://auth.docker.io/broken"]
    driver.run(Resource("content", "good/one"), reply(200))
    assert [want.url for want in driver.wants] == ["https://auth.docker.io/token"]


def test_a_token_got_on_a_guess_and_refused_for_another_realm_gives_way_to_one_of_that_realm() -> None:
    driver = Driver(credential=ALICE)
    driver.run(ALPINE, reply(401, HUB), reply(200))
    own = 'Bearer realm="https://login.docker.io/token",service="own",scope="repository:own/one:pull"'
    outcome = driver.run(Resource("content", "own/one"), reply(401, own), reply(200))
    assert outcome.reply.status == 200
    assert [want.url for want in driver.wants] == ["https://auth.docker.io/token", "https://login.docker.io/token"]
    assert [want.credential for want in driver.wants] == [ALICE, ALICE]


def test_a_token_that_worked_is_renewed_at_home_before_another_realm_is_followed() -> None:
    driver = Driver()
    other = HUB.replace("auth.", "login.") + ',error="invalid_token"'
    driver.run(ALPINE, reply(401, HUB), reply(200))
    outcome = driver.run(ALPINE, reply(401, other), reply(401, other), reply(200))
    assert outcome.reply.status == 200
    assert [want.url for want in driver.wants] == ["https://auth.docker.io/token", "https://login.docker.io/token"]


def test_a_broken_realm_met_first_is_forgotten_when_it_leads_nowhere() -> None:
    driver = Driver(token_errors=[TokenError("no")])
    with pytest.raises(TokenError):
        driver.run(Resource("content", "bad/one"), reply(401, 'Bearer realm="https://auth.docker.io/broken"'))
    driver.token_errors.append(TokenError("no"))
    driver.run(ALPINE, reply(401, HUB), reply(200))
    assert driver.schemes == ["", "Bearer"]
    driver.run(Resource("content", "good/one"), reply(200))
    assert [want.url for want in driver.wants] == ["https://auth.docker.io/token"]


def test_a_failed_token_request_after_a_challenge_is_raised() -> None:
    driver = Driver(token_errors=[TokenError("the token server is out")])
    with pytest.raises(TokenError, match="is out"):
        driver.run(ALPINE, reply(401, HUB))


def test_a_registry_token_is_sent_as_it_is() -> None:
    driver = Driver(credential=Credential("config.json", registry_token=Secret("opaque")))
    driver.run(ALPINE, reply(401, HUB), reply(200))
    assert driver.wants == []
    presented = driver.sent[1]
    assert presented is not None
    assert presented.secret.reveal() == "opaque"
    driver.run(ALPINE, reply(401, HUB))


def test_credentials_stay_back_from_a_realm_on_another_site() -> None:
    driver = Driver("registry.example.com", ALICE)
    outcome = driver.run(Resource("content", "a"), reply(401, 'Bearer realm="https://evil.test/t"'), reply(401))
    [want] = driver.wants
    assert want.credential is None
    assert want.key.identity == ""
    assert "--trust-realm evil.test" in want.note
    assert outcome.withheld is not None
    assert "evil.test" in outcome.withheld.reason
    assert outcome.withheld.can_be_allowed


def test_a_trusted_realm_gets_the_credentials() -> None:
    driver = Driver("registry.example.com", ALICE, trusted=frozenset({"login.test"}))
    driver.run(Resource("content", "a"), reply(401, 'Bearer realm="https://login.test/t"'), reply(200))
    assert driver.wants[0].credential is ALICE


def test_credentials_never_travel_over_plain_http_off_this_machine() -> None:
    driver = Driver("registry.example.com:5000", ALICE, base_url="http://registry.example.com:5000")
    outcome = driver.run(Resource("content", "a"), reply(401, 'Basic realm="r"'))
    assert driver.schemes == [""]
    assert outcome.withheld is not None
    assert "plain http" in outcome.withheld.reason
    assert not outcome.withheld.can_be_allowed
    driver = Driver("registry.example.com", ALICE, trusted=frozenset({"registry.example.com"}))
    driver.run(Resource("content", "a"), reply(401, 'Bearer realm="http://registry.example.com/t"'), reply(200))
    assert driver.wants[0].credential is None


def test_a_realm_in_a_private_network_is_not_asked_by_a_public_registry() -> None:
    for realm in ("http://169.254.169.254/latest", "https://10.0.0.5/t", "http://localhost:8080/t", "https://[::1]/t"):
        driver = Driver("registry.example.com")
        with pytest.raises(TokenError, match="private network"):
            driver.run(Resource("base"), reply(401, f'Bearer realm="{realm}"'))
        assert driver.wants == []


def test_a_registry_that_always_asks_for_something_else_is_left_after_the_second_token() -> None:
    driver = Driver(credential=ALICE)
    realm = "https://auth.docker.io/token"
    endless = [reply(401, f'Bearer realm="{realm}",scope="repository:r{n}:pull"', "Basic") for n in range(3)]
    assert driver.run(ALPINE, *endless).reply is endless[-1]
    assert driver.schemes == ["", "Bearer", "Bearer"]
