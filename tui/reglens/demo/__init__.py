"""The embedded demo registry and token server: real sockets, real signatures, faults on purpose."""
