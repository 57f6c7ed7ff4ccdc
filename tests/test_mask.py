"""Secrets in the text as it may be shown."""

from __future__ import annotations

import pytest

from reglens.mask import mask, mask_arguments
from reglens.secret import Secret
from support.pastes import jwt, refused

TOKEN = jwt()


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"Authorization: Bearer {TOKEN}", TOKEN),
        ("Authorization: Basic am9lOmh1bnRlcjI=", "am9lOmh1bnRlcjI="),
        ("< Proxy-Authorization: Basic am9lOmh1bnRlcjI=", "am9lOmh1bnRlcjI="),
        ('"Authorization": "Bearer abcdefghijklmnop"', "abcdefghijklmnop"),
        ("-H 'authorization: bearer s3cr3t-value'", "s3cr3t-value"),
        ("sent bearer s3cr3tvalue0123456789 to it", "s3cr3tvalue0123456789"),
        (f"token is {TOKEN} and so on", TOKEN),
        ("curl -u joe:hunter2 https://h/", "hunter2"),
        ("curl --user 'joe:hunter 2' https://h/", "hunter 2"),
        ("docker login -u joe -p hunter2 h", "hunter2"),
        ("docker login --password=hunter2 h", "hunter2"),
        ("skopeo copy --src-creds joe:hunter2 docker://a b", "hunter2"),
        ("kubectl create secret docker-registry x --docker-password=hunter2", "hunter2"),
        ("echo hunter2 | docker login -u joe --password-stdin h", "hunter2"),
        ("https://joe:hunter2@h.example.org/v2/", "hunter2"),
        ('{"auths": {"h": {"auth": "am9lOmh1bnRlcjI="}}}', "am9lOmh1bnRlcjI="),
        ('{"identitytoken": "0123-4567"}', "0123-4567"),
        ('{\\"password\\":\\"hunter2\\"}', "hunter2"),
        ('{"token":"opaque-value","expires_in":60}', "opaque-value"),
        ("password: hunter2", "hunter2"),
        ("  secretkey: abcdef", "abcdef"),
        ("REGISTRY_HTTP_SECRET=abcdef", "abcdef"),
        ("GITHUB_TOKEN=abcdefgh docker x", "abcdefgh"),
        ("Set-Cookie: sid=d52190099e5a2a55; Path=/", "d52190099e5a2a55"),
        ("Cookie: sid=d52190099e5a2a55", "d52190099e5a2a55"),
        ("X-JFrog-Art-Api: AKCabcdef", "AKCabcdef"),
        ("Location: https://s3/x?X-Amz-Credential=AKIA%2F1&X-Amz-Signature=0a1b2c3d", "0a1b2c3d"),
        ("https://blob/x?sv=1&sig=abc%2Bdef", "abc%2Bdef"),
        ("grant_type=password&password=hunter2&x=y", "hunter2"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "ghp_0123456789abcdefghijABCDEFGHIJ012345"),
        ("github_pat_11ABCDEFG0123456789_abcdefghij", "github_pat_11ABCDEFG0123456789_abcdefghij"),
        ("glpat-ABCDEFGHIJ0123456789", "glpat-ABCDEFGHIJ0123456789"),
        ("dckr_pat_ABCDEFGHIJ0123456789abcdef", "dckr_pat_ABCDEFGHIJ0123456789abcdef"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----", "MIIEow"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEow", "MIIEow"),
        (TOKEN[40:200], TOKEN[60:120]),
    ],
)
def test_secrets_are_masked(text: str, secret: str) -> None:
    masked = mask(text)
    assert secret not in masked
    assert "sha256:" in masked
    assert mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        'Www-Authenticate: Bearer realm="https://h/token",service="s",scope="repository:a/b:pull",error="invalid_token"',
        "https://h/token?service=s&scope=repository:a/b:pull",
        "docker pull ghcr.io/a/b@sha256:050ff710e80bb9ee5c8b25279c2a3772cef1eb66b34afb2e1231c6523768ba3d",
        "token not to be used before 1476140678 or after 1476140978",
        '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":null}]}',
        "Authorization: Bearer $TOKEN",
        "Authorization: Bearer <token>",
        "docker run -p 5000:5000 registry:2",
        "curl -u <user>:<password> https://h/",
        "TOKEN=$(curl -s https://h/token | jq -r .token)",
        "rootcertbundle: /etc/docker/registry/ssl/h.cert",
        "level=error msg=\"unable to retrieve auth token: invalid username/password\"",
        "basic authentication challenge for realm",
        "The bearer token was refused",
        '  "token": null,',
    ],
)  # fmt: skip
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask(text) == text


def test_a_fingerprint_tells_secrets_apart() -> None:
    assert mask("curl -u joe:hunter2 x") == f"curl -u joe:{Secret('hunter2')} x"


def test_a_transcript_keeps_all_but_its_secrets() -> None:
    text = refused(TOKEN)
    masked = mask(text)
    assert masked.count("\n") == text.count("\n")
    assert masked.replace(str(Secret(TOKEN)), TOKEN) == text


def test_arguments() -> None:
    assert mask_arguments(["curl", "-u", "joe:hunter2", "-H", f"Authorization: Bearer {TOKEN}", "https://h/"]) == [
        "curl", "-u", f"joe:{Secret('hunter2')}", "-H", f"Authorization: Bearer {Secret(TOKEN)}", "https://h/",
    ]  # fmt: skip
    assert mask_arguments(["docker", "login", "-p", "123"])[-1] == str(Secret("123"))
    assert mask_arguments(["docker", "run", "-p", "80:80"])[-1] == "80:80"
    assert mask_arguments(["curl", "-u", "$USER:$PASS"])[-1] == "$USER:$PASS"
