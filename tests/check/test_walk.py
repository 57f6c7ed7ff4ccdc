"""The walk against the demo registry: every step told, every fault named first, nothing found where all is well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

import pytest

from reglens.auth.credentials import Consulted, Credential, Lookup, SourceVerdict
from reglens.check.lab import PRESETS, Show, make, right_attempt
from reglens.check.model import Step, StepName, StepVerdict, Walk
from reglens.check.walk import walk
from reglens.demo.faults import FAULTS, Fault
from reglens.demo.server import DemoRegistry
from reglens.diagnosis.finding import Outcome, RowName, Severity, Verdict
from reglens.diagnosis.reading import ACTIONS
from reglens.oci.reference import Reference
from reglens.oci.scope import Scope
from reglens.registry.options import Options
from reglens.registry.session import Session
from reglens.secret import Secret
from support.front_end import FrontEnd, Passed
from support.token_server import SERVICE, TokenServer

OPTIONS = Options(timeout=5)


class Login:
    """Credentials as a store would give them."""

    def __init__(self, username: str = "demo", password: str = "demo") -> None:
        self.credential = Credential("a test", username, Secret(password))

    async def find(self, registry: str, repository: str) -> Lookup:
        used = Consulted("a test", SourceVerdict.USED, username=self.credential.username)
        return Lookup(self.credential, (used,))


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoRegistry]:
    with DemoRegistry() as demo:
        yield demo


async def walked(demo: DemoRegistry, name: str, credentials: Login | None = None, action: str = "pull") -> Walk:
    reference = Reference.parse(f"{demo.registry}/{name}")
    return await walk(reference, options=OPTIONS, credentials=credentials, action=action)


@pytest.mark.parametrize("name", ["library/alpine:latest", "library/nginx"])
async def test_a_healthy_walk_is_told_step_by_step_and_has_no_finding(demo: DemoRegistry, name: str) -> None:
    told: list[Step] = []
    reference = Reference.parse(f"{demo.registry}/{name}")
    done = await walk(reference, options=OPTIONS, on_step=told.append)
    assert tuple(told) == done.steps
    assert [step.name for step in done.steps] == [name for name in StepName if name is not StepName.WAY]
    assert {step.verdict for step in done.steps} <= {StepVerdict.OK, StepVerdict.NOTED}
    assert done.diagnosis.outcome is Outcome.OK
    assert [f.code for f in done.diagnosis.findings if f.severity is not Severity.INFO] == []
    assert done.trials == ()


async def test_a_private_repository_is_reached_with_a_login(demo: DemoRegistry) -> None:
    private = await walked(demo, "private/billing", Login())
    assert private.diagnosis.outcome is Outcome.OK, private.diagnosis.findings
    refused = await walked(demo, "private/billing")
    assert "credentials-missing" in [f.code for f in refused.diagnosis.findings]
    wrong = await walked(demo, "private/billing", Login(password="no"))
    assert wrong.diagnosis.findings[0].code == "credentials-rejected"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.repository)
async def test_each_broken_repository_is_named_first(demo: DemoRegistry, fault: Fault) -> None:
    done = await walked(demo, fault.repository, Login() if fault.login else None)
    codes = [finding.code for finding in done.diagnosis.findings]
    assert codes[:1] == [fault.code], (codes, [(s.name, s.verdict, s.detail) for s in done.steps])
    assert done.diagnosis.outcome is not Outcome.OK
    assert_names_this_registry(demo, done)


def assert_names_this_registry(demo: DemoRegistry, done: Walk) -> None:
    """A command is for the registry that was asked, whichever it answers in the stead of."""
    for command in (command for f in done.diagnosis.findings for command in f.fix.commands):
        assert "docker.io/" not in command, command
        if re.match(r"(docker (login|logout|pull|push)|reglens) ", command):
            assert demo.registry in command, command


@pytest.mark.parametrize("name", ["library/alpine:nope", "alpine:3.20", "library/absent", "private/billing"])
async def test_a_cure_names_the_registry_that_was_asked(demo: DemoRegistry, name: str) -> None:
    done = await walked(demo, name, Login(password="no") if name.startswith("private") else None)
    assert done.diagnosis.findings
    assert_names_this_registry(demo, done)


async def test_a_rejected_login_is_tried_anonymously_and_the_trial_decides(demo: DemoRegistry) -> None:
    done = await walked(demo, "library/alpine", Login(password="stale"))
    assert [(trial.kind, trial.worked) for trial in done.trials if trial.kind == "anonymous"] == [("anonymous", True)]
    finding = done.diagnosis.findings[0]
    assert finding.code in {"credentials-rejected", "credentials-expired"}
    assert "anonym" in finding.explanation + finding.fix.text


async def test_a_push_is_never_tried(demo: DemoRegistry) -> None:
    done = await walked(demo, "library/alpine", Login(), action="push")
    assert {e.method for e in done.diagnosis.exchanges} <= {"GET", "HEAD"}
    assert done.diagnosis.comparison.row(RowName.ACTIONS).verdict is Verdict.DISAGREE
    assert done.diagnosis.findings[0].code in {"access-insufficient", "permission-denied", "access-empty"}


@pytest.mark.parametrize("action", ["push", "delete"])
async def test_a_push_that_would_be_let_in_is_well(demo: DemoRegistry, action: str) -> None:
    grant = Scope.repository("library/alpine", *ACTIONS[action])
    with TokenServer(users={"": ("", {"library/alpine": set(grant.actions)})}) as tokens:

        def challenge(passed: Passed) -> Passed:
            said = f'Bearer realm="{tokens.realm}",service="{SERVICE}",scope="repository:library/alpine:pull"'
            return Passed(passed.method, passed.path, {"www-authenticate": said}, 401, b"")

        with FrontEnd(demo.registry, request=challenge) as front:
            reference = Reference.parse(f"{front.host}/library/alpine")
            done = await walk(reference, options=OPTIONS, action=action)
            asked = [path for path in tokens.requests if str(grant) in unquote(path)]
    assert done.diagnosis.outcome is Outcome.OK, done.diagnosis.findings
    assert done.diagnosis.findings == ()
    assert asked
    assert done.diagnosis.comparison.row(RowName.ACTIONS).verdict is Verdict.AGREE


@pytest.mark.parametrize("action", ["push", "delete"])
async def test_a_push_where_no_token_is_wanted_is_not_refused(demo: DemoRegistry, action: str) -> None:
    def ping(passed: Passed) -> Passed | None:
        headers = {"content-type": "application/json", "docker-distribution-api-version": "registry/2.0"}
        return Passed(passed.method, passed.path, headers, 200, b"{}")

    with FrontEnd(demo.registry, request=ping) as front:
        done = await walk(Reference.parse(f"{front.host}/library/alpine"), options=OPTIONS, action=action)
    resource = next(step for step in done.steps if step.name is StepName.RESOURCE)
    assert resource.verdict is StepVerdict.SKIPPED
    assert "no token is wanted" in resource.detail
    assert done.diagnosis.outcome is Outcome.OK


@pytest.mark.parametrize(
    ("preset", "rows"),
    [
        ("service of the index host", {RowName.SERVICE}),
        ("scope lost in the shell", {RowName.REPOSITORY, RowName.ACTIONS}),
        ("without library/", {RowName.REPOSITORY}),
        ("no service", {RowName.SERVICE}),
    ],
)
async def test_a_preset_mistake_shows_in_its_row(demo: DemoRegistry, preset: str, rows: set[RowName]) -> None:
    reference = Reference.parse(f"{demo.registry}/library/alpine:latest")
    change = {p.name: p.change for p in PRESETS}
    async with Session(demo.registry, options=OPTIONS) as session:
        right = await right_attempt(session, reference)
        healthy = await make(session, right)
        mistaken = await make(session, change[preset](right))
    assert healthy.diagnosis.outcome is Outcome.OK
    assert healthy.diagnosis.comparison.disagreements == ()
    assert rows <= {row.name for row in mistaken.diagnosis.comparison.disagreements}
    assert set(mistaken.differs(healthy)) >= rows


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
async def test_every_preset_is_sent_as_it_stands_and_changes_nothing(demo: DemoRegistry, preset: object) -> None:
    assert preset in PRESETS
    chosen = next(p for p in PRESETS if p is preset)
    reference = Reference.parse(f"{demo.registry}/library/alpine:latest")
    async with Session(demo.registry, options=OPTIONS) as session:
        right = await right_attempt(session, reference)
        lookup = await Login().find(demo.registry, "")
        done = await make(session, chosen.change(right), lookup)
    assert len(done.exchanges) >= 2
    if done.attempt.show is Show.TOKEN:
        asked = next(e for e in done.exchanges if e.role == "token")
        assert asked.asked("service") == ([] if done.attempt.service is None else [done.attempt.service])
        assert tuple(asked.asked("scope")) == done.attempt.sent_scopes
    assert all(e.status != 202 for e in done.exchanges)
