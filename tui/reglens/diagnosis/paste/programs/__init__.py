"""Program code in a paste, run in the mind: which requests it makes, and where what one answered goes in the next.

Nothing is executed. `lexer` makes tokens of a stretch of code, `parser` a tree of them, `evaluate` follows its values
through variables into calls, `calls` knows by their names what the calls of HTTP clients mean, `requests` makes drafts
of those that a registry or its token server is asked by. One tolerant grammar serves all languages; `languages` says in
what they differ. What is not understood is passed over.
"""
