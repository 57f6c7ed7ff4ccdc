"""The names that HTTP clients, and what stands around them, share across languages: small letters, no dashes."""

from __future__ import annotations

CONTINUING = frozenset("then map andthen thenapply thenaccept flatmap let also".split())
"""Methods that hand an answer over to a function."""
METHODS = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS".split())

VERBS = {
    **{method.lower(): method for method in METHODS},
    **dict.fromkeys(
        "getstring getbytearray getstream getresponse geturi getjson getfromjson downloadstring getforobject "
        "getforentity "
        "exchange openstream".split(),
        "GET",
    ),
    **dict.fromkeys("postform postasjson postforobject postforentity".split(), "POST"),
    **dict.fromkeys(
        "request fetch urlopen open filegetcontents invokerestmethod invokewebrequest irm iwr axios got ky needle rp "
        "ajax "
        "nodefetch superagent send requestsync stream retrieve newrequest".split(),
        "",
    ),
}
"""Names of functions that make a request of an address, in small letters, and its method (``""``: given, or GET)."""
BUILDERS = frozenset(
    "request newrequest newrequestwithcontext httprequestmessage newbuilder builder httpget httppost httphead httpput "
    "curlinit restrequest openconnection webrequest createhttp".split()
)
ADDRESSES = frozenset("uri url parse create uribuilder parserequesturi join resolve toregistryurl httpurl".split())
TABLES = frozenset(
    "urlsearchparams values headers header headermap dict dictionary hashmap map formurlencodedcontent urlencode "
    "httpbuildquery encodewwwform formdata linkedhashmap ordereddict hashtable parsequerystring nameValueCollection "
    "stringify of copyof object entries tolist headerdictionary multivaluemap linkedmultivaluemap formbody".split()
)
CLIENTS = frozenset(
    "session client asyncclient clientsession httpclient okhttpclient restclient webclient newhttpclient defaultclient "
    "poolmanager create extend newclient start instance defaults http".split()
)
TEXT_KEEPING = frozenset(
    "strip trim trimspace encode decode tostring tos getbytes asstr str string unwrap clone into tolower lower rstrip "
    "lstrip trimend trimstart valueof quote quoteplus queryescape encodeuricomponent encodeuri pathescape "
    "escapedatastring "
    "urlencode rawurlencode uriescape cgiescape escape build touri tourl tostr stringvalue some of from expect parse "
    "freeze bytes chomp tobytes asbytes toowned body mediatypewithqualityheadervalue".split()
)
BASE64 = frozenset(
    "b64encode btoa tobase64string base64encode strictencode64 urlsafeencode64 encode64 encodetostring "
    "standardb64encode encodebase64string".split()
)
SETTERS = frozenset(
    "set add append put insert addheader setheader header setrequestproperty addrequestproperty putheader "
    "tryaddwithoutvalidation withheader addqueryparameter queryparam param addparameter setfield "
    "withheaders store".split()
)
TAKING = frozenset(
    "get getproperty getstring getasstring path optstring value selecttoken gettoken fetch dig asstring at".split()
)
DECODING = frozenset({"decode", "into", "bind", "unmarshal"})
SENDING = frozenset("send execute do end perform exchange call openconnection".split())
ENDING = SENDING | frozenset(
    "build tostring json build2 tasync getoutputstream connect clone encode finish tourl touri url string get "
    "buildupon newbuilder result getawaiter getresult".split()
)
FORMATTING = frozenset({"sprintf", "format", "stringformat", "fmtsprintf", "formatargs", "sprint"})
PARTS = frozenset("host hostname authority requesturi path pathandquery pathquery pathname fullpath".split())
