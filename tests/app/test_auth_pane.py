"""The authentication pane: exchanges as they happen, the stage at a refusal, details, tokens, countdown, keys."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

from textual.content import Content

from reglens.app.widgets.auth_pane import AuthPane
from reglens.app.widgets.sheet import Sheet
from reglens.diagnosis.finding import Finding, Fix, Outcome, Severity
from support.exchanges import (
    SIGNED,
    classic_diagnosis,
    classic_refusal,
    healthy_diagnosis,
    healthy_pull,
    manifest_exchange,
    ping,
    rate_limited,
    redirect_exchanges,
    token,
    token_exchange,
    under_way,
    unreachable,
)
from support.pane_app import PaneApp


def pulling(app: PaneApp) -> None:
    for exchange in healthy_pull():
        app.auth_pane.put(exchange)


def refused(app: PaneApp) -> None:
    for exchange in classic_refusal():
        app.auth_pane.put(exchange)
    app.auth_pane.show_diagnosis(classic_diagnosis())


def title(app: PaneApp) -> str:
    return Content.from_markup(app.auth_pane.border_title or "").plain


def stages(app: PaneApp) -> list[bool]:
    return [message.large for message in app.heard if isinstance(message, AuthPane.StageWanted)]


async def test_an_exchange_is_replaced_when_its_answer_comes() -> None:
    app = PaneApp("auth")
    async with app.run_test(size=(110, 20)) as pilot:
        await pilot.pause()
        assert "every request" in app.text()
        app.auth_pane.put(under_way())
        await pilot.pause()
        assert "waiting for the answer" in app.text()
        assert "asking" in title(app)
        app.auth_pane.put(ping())
        await pilot.pause()
        assert app.text().count("/v2/") == 1
        assert "! 401  Bearer service=registry.docker.io" in app.text()


async def test_the_list_says_what_each_answer_meant() -> None:
    app = PaneApp("auth", pulling)
    async with app.run_test(size=(110, 20)) as pilot:
        for exchange in (*redirect_exchanges(), rate_limited(6), unreachable(7)):
            app.auth_pane.put(exchange)
        await pilot.pause()
        lines = app.text().split("\n")
        assert "auth.docker.io/token" in lines[1]
        assert "✓ 200  ES256 · pull · 300 s" in lines[1]
        assert "sha256:0de3ff5142db" in lines[2]
        assert "→ 307  to production.cloudfront.docker.com" in lines[3]
        assert "↳" in lines[4]
        assert "✗ 429  TOOMANYREQUESTS" in lines[5]
        assert "the connection to registry" in lines[6]


async def test_new_exchanges_scroll_into_view_unless_the_person_looks_at_an_older_one() -> None:
    app = PaneApp("auth")
    async with app.run_test(size=(100, 10)) as pilot:
        for number in range(1, 41):
            app.auth_pane.put(manifest_exchange(number))
        await pilot.pause()
        assert "40 GET" in app.screen_text()
        await pilot.press("g")
        app.auth_pane.put(manifest_exchange(41))
        await pilot.pause()
        shown = app.screen_text()
        assert " 1 GET" in shown
        assert "41 GET" not in shown
        await pilot.press("G")
        assert "41 GET" in app.screen_text()


async def test_the_list_is_bounded() -> None:
    app = PaneApp("auth")
    async with app.run_test(size=(100, 10)) as pilot:
        for number in range(1, 621):
            app.auth_pane.put(manifest_exchange(number))
        await pilot.pause()
        sheet = app.query_one("#auth-exchanges", Sheet)
        assert sheet.line_count == 500


async def test_a_refusal_takes_the_stage_and_marks_what_disagrees() -> None:
    app = PaneApp("auth", refused)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert "refused: 401 invalid_token · service-mismatch" in title(app)
        assert stages(app) == [True]
        lines = app.text().split("\n")
        marked = [line.split()[0] for line in lines if "✗" in line.split()[1:2]]
        assert marked == ["service", "repository", "actions"]
        text = app.text()
        assert text.index("✗ service-mismatch") < text.index("✗ scope-missing") < text.index("! library-prefix")
        assert "because of scope-missing" in text
        assert "exchange 2, Www-Authenticate, service  registry.docker.io" in text


async def test_where_all_rows_agree_the_findings_come_first() -> None:
    limited = replace(
        healthy_diagnosis(),
        outcome=Outcome.REFUSED,
        exchanges=(*healthy_pull(), rate_limited()),
        findings=(Finding("rate-limited", Severity.ERROR, "Asked too often", "The quota is used up."),),
    )
    app = PaneApp("auth", lambda app: app.auth_pane.show_diagnosis(limited))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        text = app.text()
        assert text.index("Asked too often") < text.index("registry asked")
        assert title(app) == "Authentication  ✗ refused: 429 TOOMANYREQUESTS · rate-limited"


async def test_disagreeing_cells_are_styled_too() -> None:
    app = PaneApp("auth", refused)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        sheet = app.query_one("#auth-comparison", Sheet)
        rows = {line.content.plain.split()[0]: line.content for line in sheet.lines if line.content.plain.strip()}
        assert any(span.style == ".clash" for span in rows["service"].spans)
        assert not any(span.style == ".clash" for span in rows["issuer"].spans)


async def test_when_all_is_well_again_the_stage_is_given_back() -> None:
    app = PaneApp("auth", refused)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        for exchange in healthy_pull():
            app.auth_pane.put(exchange)
        app.auth_pane.show_diagnosis(healthy_diagnosis())
        await pilot.pause()
        assert stages(app) == [True, False]
        assert app.auth_pane.front == "exchanges"
        assert "✓ anonymous · pull on library/alpine · token 4 min 12 s" in title(app)


async def test_every_section_says_what_it_is_for_before_there_is_anything_to_show() -> None:
    app = PaneApp("auth")
    async with app.run_test(size=(100, 20)) as pilot:
        await pilot.press("right")
        assert "Nothing to compare yet" in app.text()
        await pilot.press("right")
        assert "No token yet" in app.text()


async def test_the_comparison_of_a_success_is_reached_by_a_key() -> None:
    app = PaneApp("auth", pulling)
    async with app.run_test(size=(120, 40)) as pilot:
        app.auth_pane.show_diagnosis(healthy_diagnosis())
        assert app.auth_pane.front == "exchanges"
        await pilot.press("right")
        assert "registry asked" in app.text()
        assert stages(app) == [True]
        await pilot.press("left")
        assert app.auth_pane.front == "exchanges"
        assert stages(app) == [True, False]


async def test_a_command_of_a_fix_is_copied_whole() -> None:
    app = PaneApp("auth", refused)
    async with app.run_test(size=(60, 60)) as pilot:
        await pilot.press("c")  # of a finding's title: its first command
        await pilot.press("j", "j", "j", "j", "enter")
        commands = classic_diagnosis().findings[0].fix.commands
        assert app.copied == list(commands)


async def test_what_is_copied_steers_no_terminal() -> None:
    nasty = Finding("x", Severity.ERROR, "t", "e", fix=Fix("f", ("echo a\x1b]52;c;aGk=\x07\necho b",)))
    app = PaneApp("auth", lambda app: app.auth_pane.show_diagnosis(replace(classic_diagnosis(), findings=(nasty,))))
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("c")
        assert app.copied == ["echo a␛]52;c;aGk=␇\necho b"]


async def test_what_cannot_be_seen_is_not_opened_but_brought_into_view() -> None:
    app = PaneApp("auth", refused)
    async with app.run_test(size=(60, 16)) as pilot:
        await pilot.pause()
        assert "service-mismatch  The token" not in app.screen_text()
        await pilot.press("enter")
        await pilot.pause()
        assert app.screen_stack == [app.screen]
        assert "service-mismatch  The token" in app.screen_text()


async def test_enter_on_a_proof_opens_its_exchange() -> None:
    app = PaneApp("auth", refused)
    async with app.run_test(size=(100, 60)) as pilot:
        await pilot.press("j", "enter")
        assert app.auth_pane.front == "detail"
        assert app.auth_pane.exchange is not None
        assert app.auth_pane.exchange.number == 2


async def test_the_exchanges_can_be_taken_out() -> None:
    app = PaneApp("auth", pulling)
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("e")
        await pilot.pause()
        assert "exchange 3 as a curl command" in app.screen_text()
        await pilot.press("down", "down", "enter")
        await pilot.pause()
        entries = json.loads(app.copied[0])["log"]["entries"]
        assert [entry["response"]["status"] for entry in entries] == [401, 200, 200]
        assert SIGNED not in app.copied[0]


async def test_walking_reads_every_line_on_the_way_to_the_next_item() -> None:
    app = PaneApp("auth", refused)
    async with app.run_test(size=(60, 16)) as pilot:
        await pilot.pause()
        sheet = app.query_one("#auth-comparison", Sheet)
        tops = [sheet.scroll_offset.y]
        for _ in range(sheet.line_count + 5):
            await pilot.press("j")
            tops.append(sheet.scroll_offset.y)
        assert tops[-1] == sheet.line_count - sheet.size.height
        assert all(0 <= later - former <= sheet.size.height for former, later in itertools.pairwise(tops))
        for _ in range(sheet.line_count + 5):
            await pilot.press("k")
        assert sheet.scroll_offset.y == 0


async def test_an_exchange_is_copied_as_curl_without_its_secret() -> None:
    app = PaneApp("auth", pulling)
    async with app.run_test(size=(100, 20)) as pilot:
        await pilot.press("c")
        (command,) = app.copied
        assert "manifests/3.20" in command
        assert SIGNED not in command


async def test_opening_an_exchange_and_going_back() -> None:
    app = PaneApp("auth", pulling)
    async with app.run_test(size=(100, 60)) as pilot:
        await pilot.press("g", "enter")
        assert app.auth_pane.front == "detail"
        text = app.text()
        assert "get a token from the realm" in text
        assert "realm    https://auth.docker.io/token" in text
        assert "Docker-Distribution-Api-Version: registry/2.0" in text
        assert '"code": "UNAUTHORIZED"' in text
        assert app.auth_pane.step_back()
        assert app.auth_pane.front == "exchanges"
        assert not app.auth_pane.step_back()
        await pilot.pause()
        assert stages(app) == [True, False]
        await pilot.press("j", "enter")
        text = app.text()
        assert "service  registry.docker.io" in text
        assert "scope    repository:library/alpine:pull" in text
        assert "no Authorization sent" in text


async def test_a_token_is_decoded_masked_and_revealed_only_on_demand() -> None:
    app = PaneApp("auth", pulling)
    async with app.run_test(size=(140, 60)) as pilot:
        await pilot.press("right", "right")
        await app.workers.wait_for_complete()
        await pilot.pause()
        text = app.text()
        assert "in 4 min 12 s" in text
        assert "audience, the service that accepts it" in text
        assert "repository  library/alpine  pull" in text
        assert "CN=example token signer" in text
        assert "CN=example token root" in text
        assert "valid" in text
        head = SIGNED[:60]
        assert head not in text
        await pilot.press("v")
        assert head in app.text()
        await pilot.press("v")
        assert head not in app.text()
        await pilot.press("v", "left", "right")
        assert head not in app.text(), "leaving the section masks it again"


async def test_the_countdown_follows_the_clock_it_is_given() -> None:
    app = PaneApp("auth", pulling)
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("right", "right")
        app.seconds = 290
        app.auth_pane._second()
        assert "in 10 s" in app.text()
        assert "token 10 s" in title(app)
        app.seconds = 300 + 3 * 3600
        app.auth_pane._second()
        assert "expired 3 h 00 min ago" in app.text()
        assert "! anonymous · pull on library/alpine · token expired 3 h 00 min ago" in title(app)


async def test_clear_forgets_everything() -> None:
    app = PaneApp("auth", refused)
    async with app.run_test(size=(100, 20)) as pilot:
        await pilot.pause()
        app.auth_pane.clear()
        await pilot.pause()
        assert app.auth_pane.front == "exchanges"
        assert "No request yet" in app.text()
        assert title(app) == "Authentication"
        assert app.auth_pane.token is None
        assert app.auth_pane.exchange is None


async def test_sections_by_mouse() -> None:
    app = PaneApp("auth", pulling)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.click("SectionBar", offset=(15, 0))
        assert app.auth_pane.front == "comparison"
        await pilot.click("SectionBar", offset=(2, 0))
        assert app.auth_pane.front == "exchanges"
        await pilot.click("#auth-exchanges", offset=(5, 1))
        assert app.auth_pane.front == "detail"


async def test_hostile_text_reaches_the_screen_only_made_harmless() -> None:
    nasty = "\x1b]52;c;aGk=\x07[@click=app.quit]x[/]\u202e"
    evil = ping()
    headers = [("Www-Authenticate", f'Bearer realm="{nasty}",service="{nasty}"'), (nasty, nasty)]
    evil = replace(evil, reason=nasty, response_headers=type(evil.response_headers)(headers), note=nasty)
    app = PaneApp("auth", lambda app: app.auth_pane.put(evil))
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        shown = app.screen_text()
        assert "[@click=app.quit]x[/]" in shown
        assert not set(shown) & set("\x1b\x07\u202e")


async def test_a_refusal_told_already_does_not_take_the_stage_again() -> None:
    app = PaneApp("auth", refused)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("left")
        assert app.auth_pane.front == "exchanges"
        app.auth_pane.show_diagnosis(classic_diagnosis())
        assert app.auth_pane.front == "exchanges"
        app.auth_pane.clear()
        refused(app)
        assert app.auth_pane.front == "comparison"


async def test_another_token_is_masked_though_the_one_before_it_was_revealed() -> None:
    app = PaneApp("auth", pulling)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("right", "right", "v")
        assert SIGNED[:60] in app.text()
        claims = {"access": [{"type": "repository", "name": "library/debian", "actions": ["pull"]}]}
        other = token(claims)
        app.auth_pane.put(token_exchange(9, other))
        await pilot.pause()
        assert other.raw.fingerprint in app.text()
        assert other.raw.reveal() not in app.text()


async def test_text_can_be_selected_with_the_mouse() -> None:
    app = PaneApp("auth", pulling)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.mouse_down("#auth-exchanges", offset=(8, 1))
        await pilot.hover("#auth-exchanges", offset=(28, 1))
        await pilot.mouse_up("#auth-exchanges", offset=(28, 1))
        await pilot.pause()
        selected = app.screen.get_selected_text()
        assert selected is not None
        assert "auth.docker.io/token" in selected
        assert app.auth_pane.front == "exchanges", "the end of a selection opens nothing"


async def test_the_token_shown_is_the_one_that_matters() -> None:
    app = PaneApp("auth", pulling)
    async with app.run_test(size=(120, 40)) as pilot:
        catalog = token({"access": [{"type": "registry", "name": "catalog", "actions": ["*"]}]})
        app.auth_pane.put(token_exchange(8, catalog))
        app.auth_pane.put(manifest_exchange(9, catalog))
        await pilot.press("right", "right")
        assert "given in exchange 2" in app.text()
        assert "library/alpine" in app.text()
        app.auth_pane.clear()
        refused(app)
        await pilot.pause()
        await pilot.press("right")
        assert "sent with exchange 2, which was refused" in app.text()
        assert "access is empty" in app.text()
