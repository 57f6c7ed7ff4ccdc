"""What a line names, whoever wrote it: URL, method, status, error code, image, time, and the fields of a logfmt line.

Everything here reads one statement (see `clients_statements`), already freed of escapes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl, unquote, urlsplit

from reglens.diagnosis.meanings import Meaning

Values = dict[str, str]

_URL = re.compile(
    r"(?:\b(?P<method>GET|HEAD|POST|PUT|PATCH|DELETE)(?:\s+request\s+to)?:?\s{1,3})?[\"'(<\[]?"
    r"(?P<url>https?:/{1,2}(?:<[\w .-]{1,40}>|\{[\w.-]{1,40}\}|[^\s\"'<>|\\^`{}]){1,2048})",
    re.IGNORECASE,
)
_READING = re.compile(
    r"https?://(?:github\.com/[^/]{1,80}/[^/]{1,80}/(?:blob|issues|wiki|tree|pull|discussions|releases)\b|docs\.|"
    r"www\.docker\.com/|aka\.ms/|help\.|support\.|learn\.microsoft\.com/|cloud\.google\.com/|cwiki\.|"
    r"stackoverflow\.com/|goharbor\.io/|go\.microsoft\.com/|access\.redhat\.com/)",
    re.IGNORECASE,
)
"""Pages that a message sends its reader to; nobody was asked there."""
SOCKET_PATH = re.compile(r"/v1\.\d\d/|%2Fdocker\.sock|docker\.sock")
_STATUS = (
    re.compile(
        r"(?:HTTP(?: response)?|response|http|unexpected|invalid|received|returned|return|error|got|with)[ _-]{0,2}"
        r"(?:response )?(?:HTTP )?(?:status|code|error)(?:[ _]?code)?(?: from [^\n]{1,1200}?)?(?: was|"
        r" of| is)?[\s:='\"]{1,4}\(?(?P<status>[1-5]\d\d)\b",
        re.IGNORECASE,
    ),
    re.compile(r"\bstatus(?:[ _-]?code)?(?: from registry)?\"?[\s:=]{1,4}\"?(?P<status>[1-5]\d\d)\b", re.IGNORECASE),
    re.compile(r"\[http (?P<status>[1-5]\d\d)\]"),
    re.compile(
        r"\b(?P<status>[1-5]\d\d) (?:Unauthorized|Forbidden|Not Found|Bad Request|Internal Server "
        r"Error|Bad Gateway|Service (?:Temporarily )?"
        r"Unavailable|Gateway Time-?out|Too Many Requests|Method Not Allowed|Payment Required|Request "
        r"Entity Too Large|Not Acceptable|"
        r"Conflict|Precondition Failed|Proxy Authentication Required|Unauthorised|OK\b|Moved "
        r"Permanently|Found\b|Temporary Redirect|"
        r"Client Error|Server Error|Not Implemented|Payload Too Large|Gone|Unprocessable|Unavailable "
        r"For Legal Reasons)",
        re.IGNORECASE,
    ),
    re.compile(r"error parsing HTTP (?P<status>[1-5]\d\d) response body", re.IGNORECASE),
    re.compile(r"\bHTTP(?:/[0-9.]{1,3})?[ :]{1,2}(?P<status>[1-5]\d\d)\b", re.IGNORECASE),
    re.compile(r"(?:\(|=|- |: |code[ :=]{1,3})(?P<status>[45]\d\d)(?:\)| - |: |\b(?=[\s,]{0,2}(?:\{|<|$)))"),
)

_THREE_DIGITS = re.compile(r"(?<![\w.])[1-5]\d\d(?!\w)")
"""What stands in everything that `_STATUS` matches."""

_UPPER_CODES = (
    "UNAUTHORIZED DENIED NAME_UNKNOWN NAME_INVALID MANIFEST_UNKNOWN MANIFEST_INVALID MANIFEST_UNVERIFIED TAG_INVALID "
    "MANIFEST_BLOB_UNKNOWN BLOB_UNKNOWN BLOB_UPLOAD_UNKNOWN BLOB_UPLOAD_INVALID DIGEST_INVALID "
    "SIZE_INVALID UNSUPPORTED "
    "TOOMANYREQUESTS UNAVAILABLE UNKNOWN NOT_FOUND FORBIDDEN PROJECTPOLICYVIOLATION PRECONDITION BAD_REQUEST "
    "PAGINATION_NUMBER_INVALID TAG_UNKNOWN INVALID_REQUEST QUOTA_EXCEEDED METHOD_UNSUPPORTED CONFLICT LIMIT_EXCEEDED"
).split()
_CODE = re.compile(
    rf"(?<![\w.])(?P<code>{'|'.join(_UPPER_CODES)})(?![\w])(?P<message>[\"']?\s?[:,]\s{{0,3}}[^\n]{{0,400}})?"
)
# docker prints codes in lower case with blanks for underscores (errcode.ErrorCode.Error)
_LOWER_CODE = re.compile(
    r"(?<!\d\d\d )(?:^|(?<=[:\s\"'`(\[]))(?P<code>unauthorized|denied|name unknown|name invalid|"
    r"manifest unknown|manifest invalid|blob unknown|"
    r"blob upload unknown|blob upload invalid|manifest blob unknown|digest invalid|size invalid|tag "
    r"invalid|unsupported|"
    r"toomanyrequests|unavailable|forbidden|errcode\.Error unauthorized|unknown)"
    r"(?::\s{0,3}(?P<message>[^\n]{0,400})|(?=\s{0,2}[\"']?$))",
    re.IGNORECASE,
)
_LOWER_WORDS = ("unauthorized", "denied", "unknown", "invalid", "unsupported", "toomany", "unavailable", "forbidden")
"""Words of which one stands in everything that `_LOWER_CODE` matches."""
# distribution's log: registry/api/errcode/handler.go and registry/handlers/app.go
_LOGGED_CODE = re.compile(r"\berr\.code=(?:\"(?P<quoted>[a-z ]{2,60})\"|(?P<code>[a-z]{2,40}))")
_LOGGED_MESSAGE = re.compile(r"\berr\.message=(?:\"([^\"]{0,300})\"|(\S{1,200}))")
_JSON_MESSAGE = re.compile(r"[\"']message[\"']\s{0,4}:\s{0,4}[\"'](?P<message>[^\"\n]{0,400})", re.IGNORECASE)
_DETAIL = re.compile(
    r"\[map\[(?P<detail>[^\n]{0,400}?)\]\]|[\"']detail[\"']\s{0,3}:\s{0,3}(?P<json>[\[{\"][^\n]{1,400}"
    r")|(?:err\.detail|detail)=(?P<log>\"[^\"]{0,300}\"|\S{1,200})"
)
_ACTION_DETAIL = re.compile(r"Action\W{1,4}(?P<action>\w{1,20})")
_NAME_DETAIL = re.compile(r"Name\W{1,4}(?P<name>[\w./-]{1,255})")

CODE_MEANINGS = {
    "UNAUTHORIZED": Meaning.UNAUTHENTICATED,
    "DENIED": Meaning.DENIED,
    "FORBIDDEN": Meaning.DENIED,
    "NAME_UNKNOWN": Meaning.REPOSITORY_UNKNOWN,
    "NAME_INVALID": Meaning.REFERENCE_INVALID,
    "MANIFEST_UNKNOWN": Meaning.MANIFEST_UNKNOWN,
    "TAG_UNKNOWN": Meaning.MANIFEST_UNKNOWN,
    "NOT_FOUND": Meaning.NOT_FOUND,
    "MANIFEST_INVALID": Meaning.MANIFEST_INVALID,
    "TAG_INVALID": Meaning.MANIFEST_INVALID,
    "MANIFEST_UNVERIFIED": Meaning.MANIFEST_INVALID,
    "MANIFEST_BLOB_UNKNOWN": Meaning.BLOB_UNKNOWN,
    "BLOB_UNKNOWN": Meaning.BLOB_UNKNOWN,
    "BLOB_UPLOAD_UNKNOWN": Meaning.UPLOAD_LOST,
    "BLOB_UPLOAD_INVALID": Meaning.UPLOAD_LOST,
    "DIGEST_INVALID": Meaning.DIGEST_DIFFERS,
    "SIZE_INVALID": Meaning.DIGEST_DIFFERS,
    "UNSUPPORTED": Meaning.ENDPOINT_UNSUPPORTED,
    "METHOD_UNSUPPORTED": Meaning.ENDPOINT_UNSUPPORTED,
    "TOOMANYREQUESTS": Meaning.RATE_LIMITED,
    "UNAVAILABLE": Meaning.SERVER_FAILED,
    "PROJECTPOLICYVIOLATION": Meaning.POLICY_BLOCKED,
    "QUOTA_EXCEEDED": Meaning.QUOTA_EXCEEDED,
}
"""Registry error codes (distribution spec, "Error Codes"; Harbor, lib/errors/const.go) that speak for themselves."""


def urls(text: str) -> list[tuple[int, str, str]]:
    """Every URL in `text` with its position and the method before it (or ``""``)."""
    found = []
    for match in _URL.finditer(text):
        url = match["url"].rstrip(").,;:*]")
        if match["url"].endswith(":") and re.search(r":\d+:$", match["url"]):
            url = match["url"][:-1]
        url = re.sub(r"^(https?):/(?!/)", r"\1://", url)
        if not SOCKET_PATH.search(url) and not _READING.match(url):
            found.append((match.start("url"), url, (match["method"] or "").upper()))
        if len(found) >= 50:
            break
    return found


def part_of(url: str) -> str:
    """Which part of the flow a URL belongs to (`reglens.diagnosis.meanings`), by its path and parameters."""
    try:
        pieces = urlsplit(url)
        host = pieces.hostname or ""
    except ValueError:
        return ""
    path, query = pieces.path, pieces.query
    if re.search(r"(?:^|&)(?:X-Amz-|sig=|Signature=|X-Goog-)", query) or re.search(
        r"\.(?:s3|blob\.core|r2)\.|^s3[.-]", host
    ):
        return "storage"
    if re.search(r"/v[12]/(?!token|auth\b)", path) and not re.search(r"(?:^|&)service=", query):
        return "registry"
    if re.search(
        r"/(?:token|jwt/auth|docker-v2/auth|v2/auth|oauth2?/(?:token|exchange)|auth|_token)/?$", path
    ) or re.search(r"(?:^|&)(?:service|scope)=", query):
        return "token"
    return "registry" if re.match(r"/v[12]/?$|/v1/", path) else ""


def from_url(url: str) -> Values:
    """What a URL of the flow says: host, repository, tag or digest, and a token request's parameters."""
    values: Values = {"url": url}
    try:
        pieces = urlsplit(url)
        netloc = pieces.netloc.rpartition("@")[2]
    except ValueError:
        return values
    if netloc:
        values["host"] = netloc
    if part := part_of(url):
        values["part"] = part
    found = re.search(
        r"/v2/(?P<name>.{1,255}?)/(?:manifests|blobs|tags|referrers)/(?P<target>[^/?]{1,200})", unquote(pieces.path)
    )
    if found:
        values["repository"] = found["name"]
        target = found["target"]
        if "/manifests/" in pieces.path:
            values["digest" if ":" in target else "tag"] = target
    if values.get("part") == "token":
        pairs = parse_qsl(pieces.query)[:20]
        for name in ("service", "account"):
            if value := next((v for k, v in pairs if k == name), ""):
                values[name] = value
        if scopes := [v for k, v in pairs if k == "scope" and v]:
            values["scope"] = " ".join(scopes)
    return values


def status_in(text: str) -> tuple[str, int] | None:
    """The innermost HTTP status that `text` names, and where it ends."""
    best: tuple[str, int] | None = None
    if _THREE_DIGITS.search(text) is None:
        return None
    for pattern in _STATUS:
        for match in pattern.finditer(text):
            if best is None or match.end() > best[1]:
                best = (match["status"], match.end("status"))
        if best:
            return best
    return best


def code_in(text: str) -> tuple[str, str, int, int] | None:
    """The registry error code that `text` names, in its registered spelling, its message, and where it stands."""
    if logged := _LOGGED_CODE.search(text):
        said = _LOGGED_MESSAGE.search(text)
        message = (said[1] or said[2] or "") if said else ""
        code = (logged["quoted"] or logged["code"]).upper().replace(" ", "_")
        return code, message, logged.start(), logged.end()
    match = None
    if any(code in text for code in _UPPER_CODES):
        for candidate in _CODE.finditer(text):
            if match is None or match["code"] == "UNKNOWN":
                match = candidate
    lowered = text.lower() if match is None else ""
    if any(word in lowered for word in _LOWER_WORDS):
        for candidate in _LOWER_CODE.finditer(text):
            if match is None or match["code"].lower() == "unknown":
                match = candidate
    if match is None:
        return None
    code = match["code"].upper().replace("ERRCODE.ERROR ", "").replace(" ", "_")
    message = (match["message"] or "").strip("\"': ,\n")
    if quoted := _JSON_MESSAGE.search(text, match.end("code")) or _JSON_MESSAGE.search(text):
        message = quoted["message"]
    message = re.split(r"; \[map\[|[\"'] ?[,}]|, detail", message, maxsplit=1)[0].strip()
    return code, message, match.start("code"), match.end("code")


def detail_in(text: str) -> Values:
    """The detail of a registry's error, and the actions and repository it names."""
    found = _DETAIL.search(text) if "[map[" in text or "detail" in text.lower() else None
    if not found:
        return {}
    detail = found["detail"] or found["json"] or found["log"] or ""
    values = {"detail": detail[:300]}
    if actions := list(dict.fromkeys(m["action"].lower() for m in _ACTION_DETAIL.finditer(detail))):
        values["actions"] = ",".join(actions)
    if name := _NAME_DETAIL.search(detail):
        values["repository"] = name["name"]
    return values


# time="…", ts=…, "time":"…"; a line's own beginning; common log format; Go's log
_RFC3339 = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)[T ](?P<clock>\d\d:\d\d:\d\d)(?P<fraction>[.,]\d{1,9})? ?(?P<zone>Z|"
    r"UTC|[+-]\d\d:?\d\d)?"
)
_COMMON = re.compile(r"\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\]")
_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, (\d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d) GMT")


def time_in(text: str) -> datetime | None:
    """When the line was written, in UTC, if it says so with its zone (or in a form that is UTC by custom)."""
    head = text[:400]
    if found := _COMMON.search(head):
        try:
            return datetime.strptime(found[1], "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC)
        except ValueError:
            return None
    for found in _RFC3339.finditer(head):
        zone = found["zone"]
        if not zone:
            continue
        try:
            moment = datetime.fromisoformat(f"{found['date']}T{found['clock']}").replace(tzinfo=_zone(zone))
            return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            return None
    return None


def _zone(text: str) -> timezone:
    if text in ("Z", "UTC"):
        return UTC
    digits = text[1:].replace(":", "")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-span if text[0] == "-" else span)


_FIELD = re.compile(
    r"\b(?P<key>http\.request\.(?:host|method|uri|useragent)|http\.response\.status|vars\.(?:name|reference)|"
    r"err\.(?:code|message)|auth\.user\.name|image|host|ref|url|uri)=(?:\"(?P<quoted>[^\"]{0,1000})\"|"
    r"(?P<bare>[^\s\"]{1,1000}))"
)
_FIELD_NAMES = {
    "http.request.host": "host",
    "http.request.method": "method",
    "http.request.uri": "path",
    "http.response.status": "status",
    "vars.name": "repository",
    "vars.reference": "tag",
    "err.code": "code",
    "err.message": "message",
    "auth.user.name": "user",
    "http.request.useragent": "agent",
    "image": "reference",
    "ref": "reference",
    "host": "host",
    "url": "url",
    "uri": "path",
}


def fields_in(text: str) -> Values:
    """The fields of a logfmt line that matter (distribution, containerd, watchtower)."""
    values: Values = {}
    if "=" not in text:
        return values
    for found in _FIELD.finditer(text):
        value = found["quoted"] if found["quoted"] is not None else found["bare"]
        name = _FIELD_NAMES[found["key"]]
        if name == "tag" and value.startswith("sha256:"):
            name = "digest"
        if value and name not in values:
            values[name] = value
    path = values.pop("path", "")
    if path.startswith("/") and "url" not in values:
        host = values.get("host", "")
        values["url"] = f"https://{host}{path}" if host else path
    return values


_REFERENCES = (
    re.compile(r"pushing image \"[^\"\s]{1,300}\" to \"docker://(?P<r>[^\"\s]{1,300})\""),
    re.compile(r"failed to resolve ref \"?(?P<r>[^\s\"]{1,300}?)\"?: "),
    re.compile(r"Image pull failed: (?P<r>[^\s\"]{1,300}?): "),
    re.compile(
        r"(?:[Ff]ailed to pull|[Ee]rror pulling|[Pp]ulling|[Ff]ailed to push|Back-off pulling) image "
        r"\"(?P<r>[^\"\s]{1,300})\""
    ),
    re.compile(
        r"failed to (?:pull and unpack image|resolve reference|resolve image|copy) \"?"
        r"(?P<r>(?!index\b|blob\b|manifest\b|layer\b)[^\"\s]{1,300}?)\"?: "
    ),
    re.compile(r"(?:manifest|pull access denied|push access denied) for (?P<r>[^\s\",]{1,300}?)(?:,| not found)"),
    re.compile(r"checking push permission for \"(?P<r>[^\"]{1,300})\""),
    re.compile(r"(?:source metadata for|load metadata for) (?P<r>[^\s\"]{1,300}?):?(?:\s|$)"),
    re.compile(r"(?:initializing source|initializing destination) (?:docker://)?(?P<r>[^\s\"]{1,300}?):? "),
    re.compile(
        r"(?:reading|fetching|determining|writing) (?:manifest|digest) \S{1,140} in "
        r"(?P<r>[^\s:\"]{1,300}(?::\d{1,5}/[^\s:\"]{1,200})?)"
    ),
    re.compile(r"(?:image|ref|reference)[\"']?[=:] ?[\"'](?P<r>[^\"'\s]{3,300})[\"']"),
    re.compile(
        r"(?:pull|push)(?:ing)? (?:of )?image [`'\"]?(?P<r>(?!configuration\b|manifest\b|from\b|is\b|to\b|in\b|has\b)"
        r"[\w][^\s`'\",]{2,300}?)[`'\"]?(?::? |$|,)"
    ),
    re.compile(r"PullImage \"(?P<r>[^\"\s]{1,300})\""),
    re.compile(
        r"(?:credentials for|Unauthorized for|for registry) '?(?P<r>[\w.-]{1,100}(?::\d{1,5})?/[^\s'\",:]{1,200})"
    ),
    re.compile(r"docker://(?P<r>[^\s\"',]{1,300}?)(?::? |$|[\",])"),
)


def reference_in(text: str) -> str:
    """The image that the line names as wanted, or ``""``."""
    for pattern in _REFERENCES:
        if found := pattern.search(text):
            return found["r"].rstrip(":")
    return ""


_ACTIONS = (
    (
        "push",
        re.compile(
            r"\bpush(?:ing|ed)?\b|layer upload|blobs/uploads|Upload failed|uploadArtifacts|writing (?:blob|manifest)|"
            r"[0-9a-f]{12}: (?:Layer already|Push|Prep|Mount)"
        ),
    ),
    (
        "login",
        re.compile(
            r"login attempt|logging in(?:to)?\b|tryLoginWith|(?:docker|podman|nerdctl|registry|oras|"
            r"auth|crane|skopeo|buildah) login(?!')|login to |Login did not|Error logging",
            re.IGNORECASE,
        ),
    ),
    (
        "pull",
        re.compile(r"\bpull(?:ing|ed)?\b|manifests/|source metadata|resolve reference|reading manifest", re.IGNORECASE),
    ),
)


def action_in(text: str) -> str:
    """What was to be done, as far as the words tell: push, login or pull, else ``""``."""
    return next((action for action, pattern in _ACTIONS if pattern.search(text)), "")
