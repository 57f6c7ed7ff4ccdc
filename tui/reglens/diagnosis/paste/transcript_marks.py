"""The marks by which the lines of a transcript are known. Every pattern is anchored and bounded."""

from __future__ import annotations

import re

METHODS = "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT"
REQUEST = re.compile(
    rf"[ \t]{{0,16}}(?P<method>{METHODS})[ \t]+(?P<target>(?:/|https?://)\S{{0,16000}}|[\w.-]{{1,250}}:\d{{1,5}})"
    r"(?:[ \t]+HTTP/(?P<version>[0-9](?:\.[0-9])?))?[ \t]*$"
)
STATUS = re.compile(
    r"[ \t]{0,16}(?:Status: )?HTTP/(?P<version>[0-9](?:\.[0-9])?)[ \t]+(?P<status>[1-5]\d\d)(?:[ \t]+"
    r"(?P<reason>[^\r\n{]{0,200}))?[ \t]*$"
)
HEADER = re.compile(r"[ \t]{0,16}(?P<name>[A-Za-z0-9!#$&'*+.^_`|~-]{1,80}):(?P<blank>[ \t]{0,16})")
MARK = re.compile(r"[ \t]{0,8}([<>*{}])(?: |$)")
HEX = re.compile(r"[0-9a-f]{4}: ((?:[0-9a-f]{2} ){1,16})")
TRACED = re.compile(r"[0-9a-f]{4}: ")
METER = re.compile(
    r"[ \t]*(?:%[ \t]+Total[ \t]+%[ \t]+Received.{0,80}$|Dload[ \t]+Upload.{0,80}$"
    r"|(?:[\d.]{1,12}[kMGTP]?[ \t]+){3,12}[-\d:]{1,12}[ \t]+[-\d:]{1,12}[ \t]+[-\d:]{1,12}[ \t]+[\d.]{1,12}[kMGTP]?)"
)
STAMP = re.compile(
    r"[ \t]{0,4}(?:[\w.-]{1,60}[ \t]{1,20}\| )?\[?(?:\d{4}[-/]\d\d[-/]\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
    r"(?:Z|[+-]\d\d:?\d\d)?\]?[ \t]+(?=[<>*] |[<>]$|[{}] \[|== |[=<]= |=> "
    r"|HTTP/\d|(?:GET|HEAD|POST|PUT|PATCH|DELETE) [/h])"
)
MODES = {
    "=> Send header": ">",
    "<= Recv header": "<",
    "<= Recv data": "body",
    "=> Send data": "skip",
    "=> Send SSL dat": "skip",
    "<= Recv SSL dat": "skip",
}
"""What ``--trace-ascii`` announces, and the mark that ``-v`` gives the same."""

INFO = re.compile(
    r"[ \t]{0,4}(?:Connected to (?P<target>\S{1,300}) \(.{1,80}?\) port (?P<port>\d{1,5})(?P<host>)"
    r"|(?P<tls>TLSv|SSL connection|SSLv|ALPN|using HTTP/2|Server certificate)"
    r"|(?:h2h3|h2|\[HTTP/[23]\] \[\d{1,9}\]|http/2) \[(?P<name>:?[\w-]{1,80}): (?P<value>[^\n]{0,60000})\][ \t]*$"
    r"|(?:Issue another request to this URL: '|Following redirect to )(?P<url>[^'\s]{1,16000})"
    r"|(?P<end>Connection #\d|Closing connection|shutting down))"
)
WGET_START = re.compile(r"--\d{4}-\d\d-\d\d \d\d:\d\d:\d\d--[ \t]{1,4}(?P<url>\S{1,16000})")
WGET_AWAIT = re.compile(
    r"(?:HTTP|Proxy) request sent, awaiting response\.\.\.[ \t]{0,4}(?:(?P<status>[1-5]\d\d)(?P<reason>.{0,200}))?$"
    r"|Resolving \S{1,300}\.\.\. [\d:a-f]|Connecting to .{1,300}\.\.\. connected\.|Reusing existing connection to "
    r"|Saving to: |Location: \S{1,16000} \[following\]|Length: "
    r"|Username/Password Authentication Failed\.|(?:Authentication selected|Unknown authentication scheme)"
    r"|---(?:request|response) (?:begin|end)---$|Registered socket \d|URI encoding = |Setting --"
    r"|Spider mode enabled|Remote file (?:exists|does not exist)"
)
WGET_SKIPPED = re.compile(r"Skipping \d{1,12} bytes of body: \[(?P<body>.{0,100000})\] done\.[ \t]*$")

REQUEST_NAMES = frozenset(
    "host user-agent accept authorization accept-encoding accept-language connection proxy-authorization "
    "proxy-connection content-range x-registry-auth x-meta-source-client x-forwarded-proto x-forwarded-for "
    "x-forwarded-host".split()
)
ANSWER_NAMES = frozenset(
    "www-authenticate docker-distribution-api-version docker-content-digest server date content-type content-length "
    "x-content-type-options location link etag set-cookie strict-transport-security retry-after ratelimit-limit "
    "ratelimit-remaining docker-ratelimit-source x-ratelimit-limit x-ratelimit-remaining x-ratelimit-reset via "
    "transfer-encoding vary cache-control age x-cache x-request-id x-frame-options access-control-expose-headers "
    "proxy-authenticate warning oci-subject oci-filters-applied docker-upload-uuid range x-github-request-id "
    "x-ms-request-id x-amz-request-id x-amz-id-2 x-amz-cf-id cf-ray alt-svc allow content-security-policy "
    "access-control-allow-origin expires last-modified pragma x-powered-by accept-ranges x-served-by correlation-id "
    "x-ms-correlation-request-id x-robots-tag referrer-policy x-xss-protection".split()
)
_AMBIGUOUS = frozenset(
    "host accept connection date server location link warning range via age allow vary expires pragma etag".split()
)
"""Names that logs and configurations use, too; such a line begins no block of headers."""

BLOCK_START = re.compile(
    r"[ \t]{0,16}(?:"
    + "|".join(sorted(map(re.escape, (REQUEST_NAMES | ANSWER_NAMES) - _AMBIGUOUS), key=len, reverse=True))
    + r"):",
    re.IGNORECASE,
)
NAMES = re.compile(
    r"[ \t]{0,16}(?:" + "|".join(sorted(map(re.escape, REQUEST_NAMES | ANSWER_NAMES), key=len, reverse=True)) + r"):",
    re.IGNORECASE,
)
