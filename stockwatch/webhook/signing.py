"""Who a request is from: signatures as Standard Webhooks 1.0 has them (https://www.standardwebhooks.com). Pure.

`webhook-signature` is `v1,` and the Base64 of HMAC-SHA256 over `ID.TIMESTAMP.BODY`, the very bytes of the body, keyed
with the secret: the Base64 after `whsec_`, else the secret's own UTF-8. The receiver refuses timestamps (Unix seconds)
some minutes off, and a `webhook-id` that it has carried out already.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re

MIN_KEY = 16
"""Bytes: a shorter secret can be guessed from what it signs."""
_PREFIX = "whsec_"
_PLAIN_ID = re.compile(r"[A-Za-z0-9:_-]{1,128}")


def key_of(secret: str) -> bytes:
    """The signing key that a secret stands for. Raises ValueError, never quoting it, when it will not do."""
    if secret.startswith(_PREFIX):
        try:
            key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            raise ValueError("what follows whsec_ is no Base64") from None
    else:
        key = secret.encode()
    if len(key) < MIN_KEY:
        raise ValueError(f"it is shorter than {MIN_KEY} bytes")
    return key


def id_of(document: str) -> str:
    """`webhook-id` and `Idempotency-Key` of a document: the document itself where a header can hold it."""
    if _PLAIN_ID.fullmatch(document):
        return document
    return "sha256:" + hashlib.sha256(document.encode()).hexdigest()


def signed_headers(id: str, timestamp_s: int, body: bytes, key: bytes) -> dict[str, str]:
    """The headers that make a request ours; `timestamp_s` is Unix seconds."""
    mac = hmac.new(key, f"{id}.{timestamp_s}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
        "Idempotency-Key": id,
    }
