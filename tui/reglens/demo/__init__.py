"""The embedded demo registry and token server: real HTTP, real signed tokens, and every fault a server can have."""
