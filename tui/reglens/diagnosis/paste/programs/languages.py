"""In what the languages differ of which code is read, and by what each is known."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """How a language writes what matters here.

    `hash_comments` and `slash_comments` begin with ``#`` and ``//``. `long_quotes` go over several lines. `holes` says
    what is filled in: ``prefix`` (strings that a letter or ``$`` marks), ``dollar`` (``$name`` in double quotes),
    ``hash`` (``#{…}``). `sigils` begin the name of a variable. `concatenation` is the operator that joins texts.
    `escape` is the character that takes its meaning from the next one. `typed`: members of an answer are fields of a
    type, whose names are not those in the answer. `caseless`: members are found whatever their letters' case.
    """

    name: str
    cues: re.Pattern[str]
    hash_comments: bool = False
    slash_comments: bool = True
    long_quotes: tuple[str, ...] = ()
    holes: str = ""
    sigils: str = ""
    concatenation: str = "+"
    escape: str = "\\"
    typed: bool = False
    caseless: bool = False
    commands: bool = False
    """Whether arguments may follow a name without brackets."""


def _cue(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


PYTHON = Language(
    "python",
    _cue(
        r"\b(?:requests|httpx|session|sess|s|client|http|urllib3)\.(?:get|post|head|put|patch|delete|request)\("
        r"|\b(?:urlopen|Request|Session|ClientSession|AsyncClient|PoolManager)\("
        r"|\bimport (?:requests|httpx|aiohttp|urllib)"
    ),
    hash_comments=True,
    slash_comments=False,
    long_quotes=('"""', "'''"),
    holes="prefix",
)
JAVASCRIPT = Language(
    "javascript",
    _cue(
        r"\b(?:fetch|axios|got|ky|needle|rp)(?:\.(?:get|post|head|put|request|extend|create|defaults)\b|\()"
        r"|\b(?:superagent|request|instance|api|\$|https?)\.(?:get|post|head|put|request|ajax)\("
        r"|\brequire\("
    ),
    long_quotes=("`",),
)
GO = Language(
    "go",
    _cue(
        r"\bhttp\.(?:Get|Post|Head|PostForm|NewRequest\w*|Client|DefaultClient|Request\{)|\.Header\.(?:Set|Add)\("
        r"|\.SetBasicAuth\(|\burl\.(?:Values|QueryEscape|Parse)\b|:= "
    ),
    long_quotes=("`",),
    typed=True,
)
POWERSHELL = Language(
    "powershell",
    _cue(r"(?i)\b(?:Invoke-(?:RestMethod|WebRequest)|irm|iwr)\b"),
    hash_comments=True,
    slash_comments=False,
    long_quotes=('@"', "@'"),
    holes="dollar",
    sigils="$@",
    escape="`",
    caseless=True,
    commands=True,
)
CSHARP = Language(
    "csharp",
    _cue(
        r"\b(?:HttpClient|HttpRequestMessage|AuthenticationHeaderValue|WebClient|RestClient(?!\.)|RestRequest)\b"
        r"|\.(?:Get|Post|Send|GetString|PostAsJson)(?:FromJson)?Async\b|\bDefaultRequestHeaders\b|\bWebRequest\.Create"
    ),
    long_quotes=('@"', '"""'),
    holes="prefix",
    typed=True,
)
JAVA = Language(
    "java",
    _cue(
        r"\bHttpRequest\b|\bHttpClient\.newHttpClient|\bRequest\.Builder\(|\bURI\.create\(|\bOkHttpClient\b"
        r"|\bHttpURLConnection\b|\.openConnection\(|\bnew (?:HttpGet|HttpPost|HttpHead|URL|RestTemplate)\b"
    ),
    long_quotes=('"""',),
    holes="dollar",
    typed=True,
)
RUBY = Language(
    "ruby",
    _cue(
        r"\bNet::HTTP\b|\b(?:HTTParty|RestClient|Faraday|Excon|HTTP)\.(?:get|post|head|new|auth)\b|\bURI(?:\.parse|\.open)?\("
    ),
    hash_comments=True,
    slash_comments=False,
    holes="hash",
    sigils="@",
    commands=True,
)
PHP = Language(
    "php",
    _cue(
        r"\bcurl_(?:init|setopt|exec|setopt_array)\b|\bGuzzleHttp\b|->(?:request|get|post|head)\(|\bfile_get_contents\("
        r"|\bHttp::\w|\bnew Client\("
    ),
    hash_comments=True,
    holes="dollar",
    sigils="$",
    concatenation=".",
)
RUST = Language("rust", _cue(r"\breqwest\b|\bureq::|\bsurf::|\blet (?:mut )?\w+ = client|\.bearer_auth\("), typed=True)

LANGUAGES = (PYTHON, GO, POWERSHELL, CSHARP, JAVA, RUBY, PHP, RUST, JAVASCRIPT)

_MARKS: tuple[tuple[Language, re.Pattern[str]], ...] = (
    (PHP, re.compile(r"<\?php|\$\w+ ?= ?(?:new |curl_|json_|')|\$\w+->")),
    (POWERSHELL, re.compile(r"(?im)^\s*(?:PS [^>\n]{0,80}> ?)?\$\w+ ?= |@\{|\]::")),
    (
        PYTHON,
        re.compile(r"(?m)^\s*(?:>>> )?(?:import |from \S+ import |def |async def |with |print\()|\bf['\"]|\bNone\b"),
    ),
    (GO, re.compile(r":= |\bfmt\.|\berr != nil|\bfunc |\bpackage ")),
    (CSHARP, re.compile(r"\bvar \w+ = new |\busing |\bawait \w+\.\w+Async\(|\$\"|\bstring \w+ =")),
    (JAVA, re.compile(r"\bString \w+ =|\bimport (?:java|okhttp3|org)\b|\bfinal |\bpublic |\bval \w+ = ")),
    (RUBY, re.compile(r"#\{|\brequire ['\"]|\bputs |(?m:^\s*end$)|\bJSON\.parse\(\w+\.body\)")),
    (
        RUST,
        re.compile(
            r"(?m)\blet (?:mut )?\w+(?:: [^=\n]+)? = |\?;?$|&\w|\.await\?|::new\(\)|format!\(|\bfn "
            r"|\.unwrap\(\)|\buse \w+::"
        ),
    ),
    (JAVASCRIPT, re.compile(r"\b(?:const|let) |=> ?[{(\w]|\bawait fetch|\bconsole\.log\(|\.then\(|`[^`\n]*\$\{")),
)


def language_of(text: str) -> Language:
    """The language of a stretch of code, by the names of its calls (each weighs as much as two other marks)."""
    head = text[:50_000]
    weights = {language.name: 2 * min(len(language.cues.findall(head)), 10) for language in LANGUAGES}
    for language, marks in _MARKS:
        weights[language.name] += min(len(marks.findall(head)), 10)
    return max(LANGUAGES, key=lambda language: weights[language.name])
