"""Requests that a log line tells of: access logs, and the debug lines of clients."""

from __future__ import annotations

import re

from reglens.diagnosis.paste.clients_values import SOCKET_PATH, Values, from_url

_METHOD = r"(?P<method>GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)"
_URL = r"(?P<url>https?://[^\s\"']{1,2048})"
_PATH = r"(?P<url>/(?:[^\s\"']{0,2048}))"

_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    # NCSA common log format: nginx, distribution, Nexus, Artifactory
    (
        '" ',
        re.compile(
            rf"\"{_METHOD} (?:{_URL[:-1].replace('url', 'absolute')})|{_PATH}) HTTP/[\d.]{{1,3}}\" "
            rf"(?P<status>\d{{3}})\b"
        ),
    ),
    ("<-- ", re.compile(rf"<-- (?P<status>\d{{3}}) {_URL}")),  # go-containerregistry, transport/logger.go
    ("--> ", re.compile(rf"--> {_METHOD} {_URL}")),
    ("ping ", re.compile(rf"Ping {_URL} (?:status|err) (?P<status>\d{{3}})?", re.IGNORECASE)),  # containers/image
    ("calling ", re.compile(rf"Calling \\?\"?{_METHOD}\\?\"? {_URL}", re.IGNORECASE)),  # docker before 1.10
    (
        "debu",
        re.compile(
            rf"(?:DEBU\w?\[\d{{1,9}}\]|level=debug.{{0,80}}msg=\"?)[\s\"]{{0,4}}{_METHOD} {_URL}", re.IGNORECASE
        ),
    ),
    ("level=debug", re.compile(rf"level=debug.{{0,120}}msg=\"?{_METHOD} {_URL}", re.IGNORECASE)),
    ("completed ", re.compile(rf"completed {_METHOD} {_PATH} for \S{{1,80}} (?P<status>\d{{3}})\b")),  # Gitea's router
    ("completed ", re.compile(r"Completed (?P<status>\d{3}) [A-Z][\w ]{1,40} in ")),  # Ruby on Rails
    (
        "| ",
        re.compile(
            rf"\|\s{{0,8}}(?P<status>\d{{3}})\s{{0,8}}\|[^|]{{1,40}}\|\s{{0,8}}match\|"
            rf"\s{{0,8}}{_METHOD}\s{{1,12}}{_PATH}"
        ),
    ),
    (
        "fetch response received",
        re.compile(r"fetch response received.{0,4000}\bstatus=\"(?P<status>\d{3})"),
    ),  # containerd
    ("msg=response", re.compile(r"msg=\"?Response\"? id=\d{1,6} status=\"?(?P<status>\d{3})", re.IGNORECASE)),  # helm
    ("started ", re.compile(rf"Started {_METHOD} \"{_PATH}\" for ")),  # Ruby on Rails
    (
        "[gin]",
        re.compile(
            rf"\|\s{{0,8}}(?P<status>\d{{3}})\s{{0,8}}\|[^|]{{1,40}}\|[^|]{{1,60}}\|"
            rf"\s{{0,8}}{_METHOD}\s{{1,8}}\"{_PATH}\""
        ),
    ),
    ("response.status=", re.compile(r"response\.status=\"?(?P<status>\d{3})")),  # containerd
    ("response status: ", re.compile(r"Response Status: \"?(?P<status>\d{3})")),  # oras
    ("http.response.status=", re.compile(r"http\.response\.status=(?P<status>\d{3})")),  # distribution
    ("http.request.method=", re.compile(rf"http\.request\.method=\"?{_METHOD}")),
    (
        '"method":',
        re.compile(rf"\"method\":\s?\"{_METHOD}\".{{0,2000}}\"status(?:_?code)?\":\s?\"?(?P<status>\d{{3}})"),
    ),  # JSON logs
)
_ALONE = re.compile(
    r"\s{0,8}(?:(?P<method>GET|POST) )?(?P<url>(?:https?://[^\s/]{1,255})?/(?:[\w./-]{0,200}/)?(?:token|auth)/?"
    r"\?[^\s]{0,1000}\bservice=[^\s]{1,1000})\s{0,8}"
)
"""A token request's address with nothing else on its line."""
_JSON_PATH = re.compile(r"\"(?:path|uri|request_uri|url)\":\s?\"(?P<url>[^\"]{1,2048})\"")
_AGENT = re.compile(
    r"(?:\"(?P<quoted>[\w.-]{1,40}/[\w.][^\"]{0,200})\"\s{0,3}(?:$|\"|rt=|\d)|useragent=\"(?P<field>[^\"]{1,200})\")"
)


def exchange_in(text: str) -> Values | None:
    """Method, URL (a path alone where the line tells no host) and status of the exchange that a line tells of."""
    lowered = text.lower()
    for hint, form in _FORMS:
        if hint not in lowered:
            continue
        found = form.search(text)
        if not found:
            continue
        groups = {name: value for name, value in found.groupdict().items() if value}
        url = groups.pop("absolute", "") or groups.get("url", "")
        if SOCKET_PATH.search(url):
            continue
        if not url and (stated := _JSON_PATH.search(text)):
            url = stated["url"]
        values: Values = {"method": groups["method"]} if "method" in groups else {}
        if url:
            values |= from_url(url)
        if "status" in groups:
            values["status"] = groups["status"]
        if agent := _AGENT.search(text):
            values["agent"] = agent["quoted"] or agent["field"]
        return values
    alone = _ALONE.fullmatch(text) if "service=" in lowered else None
    return from_url(alone["url"]) if alone else None
