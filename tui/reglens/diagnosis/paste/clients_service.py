"""What is said of the registry's own storage and configuration, and of caches and mirrors."""

from __future__ import annotations

from reglens.diagnosis.meanings import Meaning as M
from reglens.diagnosis.paste.clients_table import table

ENTRIES = table(
    (
        (
            M.SERVER_CONFIG,
            "distribution",
            "crypto/bcrypt",
            r"crypto/bcrypt: (?!hashedPassword is not)(?P<reason>[^\"\n]{1,100})",
            "golang.org/x/crypto/bcrypt: an htpasswd entry that is no bcrypt",
        ),
        (
            M.UPSTREAM_REFUSED,
            "harbor",
            "http status code: 40",
            r"http status code: (?P<status>401|403), body:",
            "goharbor/harbor, src/pkg/registry/client.go; goharbor/harbor#14767",
        ),
        (
            M.UPSTREAM_FAILED,
            "harbor",
            "http status code: 5",
            r"http status code: (?P<status>5\d\d), body:",
            "goharbor/harbor, src/pkg/registry/client.go",
        ),
        (
            M.UPLOAD_LOST,
            "distribution",
            "blob upload",
            r"blob upload (?:unknown|invalid)(?: to registry)?",
            "distribution, BLOB_UPLOAD_UNKNOWN and BLOB_UPLOAD_INVALID",
        ),
        (
            M.SERVER_CONFIG,
            "distribution",
            "htpasswd",
            r"htpasswd: invalid entry at line \d{1,6}|failed to open htpasswd path|htpasswd is missing",
            "distribution, registry/auth/htpasswd",
        ),
        (
            M.SERVER_CONFIG,
            "distribution",
            "panic",
            r"panic: (?P<reason>[^\"\n]{1,200})",
            "Go: the registry ends at start",
        ),
        (
            M.SERVER_CONFIG,
            "distribution",
            "configuration error",
            r"configuration error: (?P<reason>[^\"\n]{1,200})",
            "distribution, cmd/registry",
        ),
        (
            M.SERVER_CONFIG,
            "distribution",
            "unable to configure authorization",
            r"unable to configure authorization \(\w{1,20}\): (?P<reason>[^\"\n]{1,200})",
            "distribution, registry/handlers/app.go",
        ),
        (
            M.SERVER_CONFIG,
            "distribution",
            "token auth requires",
            r"token auth requires a valid option (?P<reason>[^\n]{1,80})",
            "distribution, registry/auth/token",
        ),
        (
            M.SERVER_CONFIG,
            "",
            "no space left",
            r"(?:/var/lib/registry|filesystem|upload|blob|push|\"(?:message|detail|err)[^\n:]{0,20}:)[^\n]{0,300}"
            r"no space left on device",
            "POSIX ENOSPC, on the registry's disk: a client's own is no matter of the registry",
        ),
        (
            M.SERVER_CONFIG,
            "distribution",
            ": permission denied|mkdir /var/lib/registry",
            r"filesystem: mkdir \S{1,200}: permission denied|mkdir /var/lib/registry\S{0,200}: permission " r"denied",
            "distribution, filesystem driver",
        ),
        (M.SERVER_CONFIG, "distribution", "s3aws", r"s3aws: (?P<reason>[^\"\n]{1,200})", "distribution, S3 driver"),
        (M.SERVER_CONFIG, "distribution", "nosuchbucket", r"NoSuchBucket", "S3"),
        (
            M.SERVER_CONFIG,
            "harbor",
            "could not connect to|failed to",
            r"(?:failed to (?:connect to|ping)|could not connect to) (?:the )?(?:database|redis|postgres)",
            "Harbor, Quay, GitLab",
        ),
        (
            M.STORAGE_REFUSED_AUTHORIZATION,
            "s3",
            "only one auth mechanism",
            r"Only one auth mechanism allowed",
            "Amazon S3, InvalidArgument; apptainer/singularity#1159",
        ),
        (
            M.STORAGE_REFUSED_AUTHORIZATION,
            "azure",
            "authentication information is not given",
            r"Authentication information is not given in the correct format",
            "Azure Blob Storage, InvalidAuthenticationInfo; Azure/acr#217",
        ),
        (
            M.STORAGE_REFUSED_AUTHORIZATION,
            "azure",
            "invalidauthenticationinfo",
            r"InvalidAuthenticationInfo",
            "Azure Blob Storage",
        ),
        (
            M.STORAGE_REFUSED_AUTHORIZATION,
            "s3",
            "authorization|unsupported authorization type",
            r"(?:The )?authorization (?:header is (?:malformed|invalid)|mechanism you have provided is not "
            r"supported|type \S{0,40} is not supported)|Unsupported Authorization Type",
            "Amazon S3, MinIO, Cloudflare R2, Alibaba OSS",
        ),
        (
            M.STORAGE_REFUSED_AUTHORIZATION,
            "s3",
            "authorization mechanism",
            r"The authorization mechanism you have provided is not supported",
            "Amazon S3",
        ),
        (
            M.STORAGE_REFUSED_AUTHORIZATION,
            "gcs",
            "multiple auth|request has expired or",
            r"Request has expired or (?:both|multiple) (?:signature|authorization)|multiple (?:authentication|"
            r"authorization) (?:methods|mechanisms|types)[^\"\n]{0,60}",
            "Google Cloud Storage, MinIO",
        ),
        (
            M.STORAGE_REFUSED,
            "s3",
            "signaturedoesnotmatch|the request signature we calculated does not match",
            r"SignatureDoesNotMatch|The request signature we calculated does not match",
            "Amazon S3",
        ),
        (
            M.STORAGE_REFUSED,
            "s3",
            "invalidaccesskeyid|the aws access key id you provided does not exist",
            r"InvalidAccessKeyId|The AWS Access Key Id you provided does not exist",
            "Amazon S3",
        ),
        (
            M.STORAGE_REFUSED,
            "s3",
            "accessdenied",
            r"<Code>AccessDenied</Code>|\bAccessDenied: Access Denied",
            "Amazon S3",
        ),
        (
            M.STORAGE_REFUSED,
            "s3",
            "request has expired",
            r"Request has expired",
            "Amazon S3: a signed link past its life",
        ),
        (
            M.STORAGE_REFUSED,
            "azure",
            "<code>authenticationfailed</code>|server failed to authenticate the request",
            r"<Code>AuthenticationFailed</Code>|Server failed to authenticate the request",
            "Azure Blob Storage",
        ),
        (
            M.UPSTREAM_REFUSED,
            "harbor",
            "fallback to local",
            r"(?:failed to proxy manifest|Proxy to remote failed), fallback to "
            r"local[^\n]{0,400}?(?P<status>401|403|UNAUTHORIZED|unauthorized)",
            "goharbor/harbor, src/server/middleware/repoproxy/proxy.go",
        ),
        (
            M.UPSTREAM_REFUSED,
            "ecr",
            "pull through cache|upstream registry",
            r"(?:upstream registry|pull through cache)[^\"\n]{0,120}(?:credential|auth|denied|secret)" r"[^\"\n]{0,60}",
            "Amazon ECR pull through cache",
        ),
        (
            M.UPSTREAM_REFUSED,
            "nexus",
            "remote|upstream",
            r"(?:upstream|remote (?:repository|registry|host))[^\"\n]{0,80}(?:unauthorized|401|403|forbidden|"
            r"authentication)",
            "Nexus, Artifactory, GitLab dependency proxy",
        ),
        (
            M.UPSTREAM_REFUSED,
            "nexus",
            "error: could not retrieve token from",
            r"authentication error: Could not retrieve token from <<url>> ?Status code: (?P<status>\d{3})|"
            r"authentication error: Could not retrieve token from (?P<url2>\S{1,300}?)\.? Status code: "
            r"(?P<status2>\d{3})",
            "Nexus Repository, docker proxy",
        ),
        (
            M.UPSTREAM_FAILED,
            "harbor",
            "fallback to local",
            r"(?:failed to proxy \w{1,20}|Proxy to remote failed),? fallback to local",
            "goharbor/harbor, src/server/middleware/repoproxy/proxy.go",
        ),
        (
            M.UPSTREAM_FAILED,
            "harbor",
            "login to dockerhub",
            r"login to dockerhub error",
            "goharbor/harbor, src/pkg/reg/adapter/dockerhub",
        ),
        (
            M.UPSTREAM_FAILED,
            "distribution",
            "error|failed",
            r"(?:error|failed)[^\"\n]{0,60}(?:pull-?through|upstream (?:registry|repository)|remote "
            r"registry)[^\"\n]{0,80}",
            "distribution, registry/proxy; ECR pull through cache",
        ),
        (
            M.UPSTREAM_FAILED,
            "artifactory",
            "upstream|remote",
            r"(?:upstream|remote) (?:repository|registry|host) is not configured(?: properly| correctly)?",
            "JFrog Artifactory; jfrog/charts#1834",
        ),
        (
            M.UPSTREAM_FAILED,
            "nexus",
            "remote|upstream",
            r"(?:remote (?:repository|host|registry)|upstream)[^\"\n]{0,80}(?:blocked|unavailable|offline|"
            r"unreachable|failed to)",
            "Nexus, Artifactory",
        ),
        (
            M.UPSTREAM_FAILED,
            "nexus",
            "blocked|is the remote url a valid docker endpoint|remoteblockedioexception",
            r"Remote (?:Auto |Manually )?Blocked(?: until \S{1,40})?|RemoteBlockedIOException|Is the remote "
            r"url a valid docker endpoint",
            "Nexus Repository, httpclient; openshift/openshift-ansible#10163",
        ),
    )
)
