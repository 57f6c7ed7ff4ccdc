"""Long logs: what repeats is passed over, what is said once is not."""

from __future__ import annotations

from reglens.diagnosis.engine import diagnose
from reglens.diagnosis.paste import read_paste


def _log(count: int) -> list[str]:
    return [
        f'time="2026-01-12T10:{n // 60 % 60:02}:{n % 60:02}Z" level=info msg="response completed" '
        f"http.request.host=reg.example.org http.request.id={n:08x}-{n % 4096:04x} http.request.method=GET "
        f'http.request.uri="/v2/team/app{n % 97}/blobs/sha256:{n * 7919:064x}" http.response.status=200'
        for n in range(count)
    ]


def test_the_one_line_that_tells_is_found_in_a_long_log() -> None:
    lines = _log(4000)
    lines[3500] = lines[3500].replace("response completed", 'token from untrusted issuer: \\"other\\"')
    assert [f.code for f in diagnose(read_paste("\n".join(lines))).findings[:1]] == ["issuer-mismatch"]


def test_a_status_that_comes_late_is_kept_among_its_like() -> None:
    line = "error pulling image: unexpected status code 503 Service Unavailable, attempt {}"
    lines = [line.format(n) for n in range(3000)]
    lines[2900] = lines[2900].replace("503 Service Unavailable", "429 Service Unavailable")
    statuses = {report.values.get("status", "") for report in read_paste("\n".join(lines)).reports} - {""}
    assert statuses == {"503", "429"}


def test_a_transcript_behind_a_long_log_is_read() -> None:
    transcript = [
        "$ curl -i https://reg.example.org/v2/",
        "HTTP/1.1 401 Unauthorized",
        'Www-Authenticate: Bearer realm="https://auth.example.org/token",service="reg.example.org"',
        "",
    ]
    read = read_paste("\n".join([*_log(3000), *transcript]))
    assert [exchange.status for exchange in read.exchanges] == [401]
