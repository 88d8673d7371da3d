"""Who may say what to TikTok Shop, and who says it: signatures of requests and pushes. Pure.

As the platform's own worked example and the tests of two public SDKs have them. The signature covers the path, the
query without `sign` and `access_token`, and the very bytes of the body; the secret is both key and wrapper.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from stockwatch.channels.wire import Keys

_UNSIGNED = frozenset(("sign", "access_token"))


def sign(secret: str, path: str, query: Mapping[str, str], body: bytes = b"") -> str:
    """Of a request: lower-case hex. Values as they are, not URL-encoded."""
    plain = path + "".join(f"{name}{query[name]}" for name in sorted(query) if name not in _UNSIGNED)
    key = secret.encode()
    return hmac.new(key, key + plain.encode() + body + key, hashlib.sha256).hexdigest()


def sign_push(keys: Keys, body: bytes) -> str:
    """The `Authorization` of a push: over the very bytes that came."""
    return hmac.new(keys.app_secret.encode(), keys.app_key.encode() + body, hashlib.sha256).hexdigest()
