"""Pages about what the token says."""

from __future__ import annotations

from reglens.diagnosis.pages.model import Page

_DECODE = 'Decode the middle part of the token: echo "$TOKEN" | cut -d. -f2 | base64 -d (or reglens explain).'

PAGES = (
    Page(
        "audience-mismatch",
        "The token is for another service",
        "Claim aud is not the registry's service.",
        f"{_DECODE} aud must equal service in Www-Authenticate. distribution's log: token intended for another "
        "audience.",
        "Request the token with the challenge's service. If it still comes with another aud, the token server "
        "overrides it: "
        "set auth.token.service of the registry and the token server's name for it to one value. aud as a list is "
        "fine for "
        "distribution 3, and a malformed token to docker-registry 2.8.",
        'service="registry.example.com"   against   "aud": "registry.example.com:5000"',
    ),
    Page(
        "issuer-mismatch",
        "The token is of another issuer than the registry trusts",
        "Claim iss is not the issuer that the registry trusts.",
        "The registry's log: token from untrusted issuer. No client is ever told; compare iss with auth.token.issuer "
        "in the "
        "registry's config.yml. A slash, a port or an unexpanded ${VARIABLE} is enough.",
        "Make the two equal. docker_auth: token.issuer. Keycloak: the realm's URL. Portus: its machine_fqdn. GitLab: "
        "gitlab-issuer on both sides. Harbor: harbor-token-issuer.",
        'auth:\n  token:\n    issuer: auth.example.com      # and the token says "iss": "auth.example.com/"',
    ),
    Page(
        "token-expired",
        "The token had expired",
        "Claim exp (or expires_in) has passed.",
        f"{_DECODE} exp is in seconds since 1970: date -ud @EXP. Compare with Date of the refusal, not with today. "
        "distribution forgives 60 seconds.",
        "Fetch a new token: Docker Hub's live 5 minutes, GitLab's 5, Harbor's 30, Quay's 60. When a long push fails "
        "at its "
        "end, the token server's life of tokens is too short: Harbor: Token Expiration; GitLab: Authorization token "
        "duration; "
        "docker_auth: token.expiration.",
        "token not to be used after 2026-11-23 13:02:21 - currently 2026-11-23 13:09:40",
    ),
    Page(
        "token-not-yet-valid",
        "The token was not valid yet",
        "Claim nbf or iat lies in the future.",
        f"{_DECODE} Compare nbf and iat with Date of the refusal. distribution's log: token not to be used before.",
        "Usually the clocks differ (clock-skew): synchronise token server and registry with ntp. A token server may "
        "also set "
        "nbf a few seconds back, as most do.",
        "token not to be used before 1476140678 - currently 1476140677",
    ),
    Page(
        "clock-skew",
        "The clocks disagree",
        "The clocks of client, token server and registry disagree enough to break exp or nbf.",
        "A fresh token is expired or not valid yet. Compare Date of the token server's answer, Date of the registry's "
        "and "
        "date -u here.",
        "Synchronise all of them with ntp: timedatectl set-ntp true, or chrony. In virtual machines after a suspend, "
        "in WSL "
        "and Docker Desktop: restart, or hwclock -s. In clusters check every node on which a token server runs.",
        "curl -sI https://auth.example.com | grep -i ^date; curl -sI https://registry.example.com/v2/ | grep -i "
        "^date; date -u",
    ),
    Page(
        "access-empty",
        "The token grants nothing",
        "Claim access is empty or absent: the token proves who you are and grants nothing.",
        f"{_DECODE} access is []. The token server answered 200 all the same: granting less is not an error to it. The "
        'registry answers error="insufficient_scope".',
        "Find out which of three it is: no scope was requested, the scope was not understood (host in it, upper case, "
        "library/ missing), or this caller may not have it. Request it again with the challenge's scope and a login.",
        '"access": []   though   scope=repository:team/app:pull   was requested anonymously',
    ),
    Page(
        "access-insufficient",
        "The token lacks an action that is needed",
        "access names the repository without the action that was needed.",
        f"{_DECODE} Compare actions with the last part of scope in Www-Authenticate. A push needs pull and push.",
        "Request all actions in one scope. If one is still left out, the account lacks the right. GHCR: "
        "write:packages, or "
        "packages: write for GITHUB_TOKEN. GitLab: write_registry and the role Developer. Harbor: the role Developer, "
        "or a "
        "robot with push. Docker Hub: Read & Write on the token. distribution needs delete as an action of its own.",
        'needed pull,push   "access": [{"type": "repository", "name": "team/app", "actions": ["pull"]}]',
    ),
    Page(
        "access-other-repository",
        "The token is for another repository",
        "access names only other repositories.",
        f"{_DECODE} Compare name with the repository in the URL, letter for letter; there are no wildcards in names.",
        "Fetch one token for each repository. A script that reuses one token for all repositories fails from the "
        "second on. "
        "Do not write the host into the scope.",
        '/v2/library/alpine/   "access": [{"name": "alpine", …}]',
    ),
    Page(
        "signature-untrusted",
        "The registry does not trust the signing key",
        "The registry does not trust the signing key: an unknown kid, an x5c chain outside its bundle, a rotated or "
        "mismatched certificate.",
        "The registry's log: token signed by untrusted key with ID, or unable to verify certificate chain. A client "
        "sees "
        "only invalid_token; distribution 3 sends no error= at all when the signature itself is wrong.",
        "Give the registry the certificate or key that the token server signs with now: auth.token.rootcertbundle, or "
        "auth.token.jwks in distribution 3. docker-registry 2.8 knows keys by libtrust fingerprints (ABCD:EFGH:…), "
        "distribution 3 by RFC 7638 thumbprints or the kid in jwks: after an upgrade to 3 let the token server send "
        "x5c, or "
        "write its kid into jwks. Check that key and certificate belong together.",
        "openssl x509 -in token.crt -noout -pubkey | sha256sum\nopenssl pkey -in token.key -pubout | sha256sum",
    ),
    Page(
        "algorithm-unsupported",
        "The token's signature algorithm is not accepted",
        "The registry does not accept the signature algorithm.",
        "Decode the first part of the token: alg is none, HS256 or another that is not ES*, RS*, PS* or EdDSA.",
        "Let the token server sign with ES256 or RS256. A shared secret (HS256) cannot be given to a registry. "
        "distribution 3: "
        "auth.token.signingalgorithms limits the list further.",
        '{"typ": "JWT", "alg": "HS256"}',
    ),
)
