"""A paste's secrets become marks, and the way back is exact."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reglens.app.draft import Draft, tidy, whole
from reglens.app.example import classic

KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY\n-----END EC PRIVATE KEY-----"
PASTES = {
    "the classic case": classic(),
    "a login": "curl -u me:hunter22 https://auth.example.com/token\n",
    "a percent-encoded password": "https://auth.example.com/token?password=hun%2Bter22&service=x\n",
    "a private key": f"before\n{KEY}\nafter\n",
    "a docker configuration": '{"auths": {"ghcr.io": {"auth": "bWU6aHVudGVyMjI="}}}\n',
    "nothing secret": "HTTP/1.1 401 Unauthorized\n",
}


def masked(text: str) -> Draft:
    draft = Draft()
    draft.shown = draft.hide(text)
    return draft


@pytest.mark.parametrize("text", PASTES.values(), ids=list(PASTES))
def test_what_was_pasted_comes_back_exactly(text: str) -> None:
    draft = masked(text)
    assert draft.whole().text == text
    for secret in ("hunter22", "hun%2Bter22", "bWU6aHVudGVyMjI=", "MHcCAQEE", "eyJhbGci"):
        assert secret not in draft.shown


def test_places_are_brought_back_to_what_is_shown() -> None:
    draft = masked("curl -u me:hunter22 https://auth.example.com/token")
    there = draft.whole()
    start = there.text.index("https")
    first, last = there.shown((start, len(there.text)))
    assert draft.shown[first:last] == "https://auth.example.com/token"
    first, last = there.shown((there.text.index("hunter22") + 2, there.text.index("hunter22") + 4))
    assert draft.shown[first:last] == next(iter(draft.secrets))
    assert there.shown((0, 4)) == (0, 4)


def test_an_edited_mark_is_plain_text_and_a_copied_one_still_stands_for_its_secret() -> None:
    draft = masked("Authorization: Bearer abcdefghijklmnop1234\n")
    mark = next(iter(draft.secrets))
    assert whole(mark[:-1], draft.secrets).text == mark[:-1]
    assert whole(f"twice {mark} {mark}", draft.secrets).text.count("abcdefghijklmnop1234") == 2


def test_revealed_and_masked_again() -> None:
    draft = masked("curl -u me:hunter22 https://auth.example.com/token")
    before = draft.shown
    draft.reveal()
    assert "hunter22" in draft.shown
    draft.mask()
    assert draft.shown == before


def test_clearing_forgets_the_secrets() -> None:
    draft = masked("curl -u me:hunter22 https://auth.example.com/token")
    draft.clear()
    assert not draft.shown
    assert not draft.secrets


def test_terminal_codes_and_controls_are_not_pasted() -> None:
    assert tidy("a\r\nb\rc") == "a\nb\nc"
    assert tidy("\x1b[31mred\x1b[0m \x1b]0;title\x07end") == "red end"
    assert "\x1b" not in tidy("\x1b\x1b]52;c;")
    assert tidy("left\u202eright") == "left\\u202eright"


@given(st.text(alphabet=st.sampled_from(list("curl -u me:pw=\n\"'sha256:0ab&?Bearer eyJ.")), max_size=200))
def test_no_text_loses_anything(text: str) -> None:
    there = masked(text).whole()
    assert there.text == text
    for place in range(len(text) + 1):
        first, last = there.shown((place, len(text)))
        assert 0 <= first <= last <= len(masked(text).shown)
