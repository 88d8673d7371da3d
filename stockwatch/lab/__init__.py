"""A lab: local look-alikes of the platforms, with a little shop of buyers behind each, for rehearsals and tests.

`shop` and `faces` are pure: time and chance come in. Signatures are checked, pushes are signed or encrypted, tokens
expire, requests are refused when there are too many, stock is changed by each platform's own rules. What a platform
does and nobody may rely on (duplicates, disorder, loss, delay) is drawn from a seed.
"""
