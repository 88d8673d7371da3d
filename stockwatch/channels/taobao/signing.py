"""TOP's signatures. Pure.

Algorithm and worked example: open.taobao.com docId=101617. `session` and `sign_method` are signed; empty names and
values are not. hmac-* do not wrap the text in the secret, md5 does.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Literal

Method = Literal["md5", "hmac", "hmac-sha256"]


def sign(params: Mapping[str, str], secret: str, how: Method = "hmac-sha256") -> str:
    """Upper-case hex."""
    names = sorted((name for name in params if name and name != "sign"), key=str.encode)
    plain = "".join(name + params[name] for name in names if params[name])
    if how == "md5":
        digest = hashlib.md5(f"{secret}{plain}{secret}".encode(), usedforsecurity=False)
        return digest.hexdigest().upper()
    algorithm = "md5" if how == "hmac" else "sha256"
    return hmac.new(secret.encode(), plain.encode(), algorithm).hexdigest().upper()
