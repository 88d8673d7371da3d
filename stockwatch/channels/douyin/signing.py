"""Who may say what to Douyin, and who says it: signatures of requests and pushes. Pure.

Algorithms as four public SDKs and the platform's own worked example have them; the secret is both key and wrapper, and
access_token and sign_method are not signed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Literal

from stockwatch.channels.wire import Keys, exact_json

Method = Literal["hmac-sha256", "md5"]


def param_json(params: Mapping[str, Any]) -> str:
    """Parameters as they are signed and sent: members by name at every level, no spaces, UTF-8 as it is."""
    return exact_json(params, sort=True)


def sign(keys: Keys, method: str, params: str, timestamp: str, how: Method = "hmac-sha256") -> str:
    """Of a request: lower-case hex."""
    plain = f"app_key{keys.app_key}method{method}param_json{params}timestamp{timestamp}v2"
    wrapped = f"{keys.app_secret}{plain}{keys.app_secret}".encode()
    if how == "md5":
        return hashlib.md5(wrapped, usedforsecurity=False).hexdigest()
    return hmac.new(keys.app_secret.encode(), wrapped, hashlib.sha256).hexdigest()


def sign_push(keys: Keys, body: bytes, how: Method = "md5") -> str:
    """The `event-sign` of a push: over the very bytes that came."""
    if how == "md5":
        plain = keys.app_key.encode() + body + keys.app_secret.encode()
        return hashlib.md5(plain, usedforsecurity=False).hexdigest()
    return hmac.new(keys.app_secret.encode(), keys.app_key.encode() + body, hashlib.sha256).hexdigest()


def sign_comments(headers: Mapping[str, str], body: bytes, secret: str) -> str:
    """The `x-signature` of 直播小玩法 data pushes: Base64 of an MD5."""
    import base64

    names = ("x-msg-type", "x-nonce-str", "x-roomid", "x-timestamp")
    plain = "&".join(f"{name}={headers.get(name, '')}" for name in names).encode() + body + secret.encode()
    return base64.b64encode(hashlib.md5(plain, usedforsecurity=False).digest()).decode()
