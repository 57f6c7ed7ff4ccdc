"""What the catalogue asked meanwhile does not count when a pull is judged."""

from __future__ import annotations

from dataclasses import replace

from reglens.app.attempt import concerning
from reglens.diagnosis.engine import diagnose
from reglens.diagnosis.evidence import from_trace
from reglens.diagnosis.finding import Outcome
from reglens.oci.reference import Reference
from reglens.trace.exchange import Exchange, Role
from support.exchanges import NOON, classic_refusal, healthy_pull, manifest_exchange, token, token_exchange

ALPINE = Reference.parse("alpine:3.20")


def catalogue(first: int) -> tuple[Exchange, Exchange]:
    """A token for the catalogue and a page of it."""
    given = token({"aud": "registry.docker.io", "access": [{"type": "registry", "name": "catalog", "actions": ["*"]}]})
    asking = token_exchange(first, given, service="registry.docker.io", scope="registry:catalog:*")
    page = replace(
        manifest_exchange(first + 1, given), role=Role.CATALOG, url="https://registry-1.docker.io/v2/_catalog"
    )
    return asking, page


def test_the_catalogue_and_its_token_are_left_out() -> None:
    pull = healthy_pull()
    assert concerning((*catalogue(10), *pull), ALPINE) == pull
    assert len(concerning((*catalogue(10), *pull), None)) == 5


def test_a_redirect_goes_with_what_it_follows() -> None:
    moved = replace(manifest_exchange(12), role=Role.OTHER, follows=11)
    assert concerning((*catalogue(10), moved), ALPINE) == ()


def test_a_refusal_stays_one_though_the_catalogue_answers_after_it() -> None:
    exchanges = (*classic_refusal(), *catalogue(10))
    wanted = Reference.parse("registry-1.docker.io/library/alpine:latest")
    told = diagnose(from_trace(concerning(exchanges, wanted), wanted, now=NOON))
    assert told.outcome is Outcome.REFUSED
    assert "service-mismatch" in {finding.code for finding in told.findings}


def test_the_comparison_of_a_pull_is_not_made_with_the_catalogues_token() -> None:
    told = diagnose(from_trace(concerning((*healthy_pull(), *catalogue(10)), ALPINE), ALPINE, now=NOON))
    assert told.outcome is Outcome.OK
    assert told.comparison.disagreements == ()
