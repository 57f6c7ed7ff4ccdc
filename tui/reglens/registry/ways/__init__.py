"""What this machine's files and environment say of the way to a registry: proxies, certificates, mirrors, refusals."""
