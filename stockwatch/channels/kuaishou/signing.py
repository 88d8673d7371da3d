"""Kuaishou's three secrets: the app's (OAuth), the signing secret, and the one that opens pushes. Pure.

As the platform team's own demonstration has them. AES-128-CBC with a zero IV and no signature can be altered without
the key, so whatever does not read as a whole push afterwards is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from stockwatch.channels.wire import Forged, Keys

SIGNED = ("access_token", "appkey", "method", "param", "signMethod", "timestamp", "version")


def sign(params: Mapping[str, str], keys: Keys) -> str:
    """Of a request: values as they are, not URL-encoded; HMAC in Base64, or MD5 in lower-case hex."""
    plain = "&".join(f"{name}={params[name]}" for name in SIGNED if name in params)
    plain += f"&signSecret={keys.sign_secret}"
    if params.get("signMethod") == "MD5":
        return hashlib.md5(plain.encode(), usedforsecurity=False).hexdigest()
    return base64.b64encode(
        hmac.new(keys.sign_secret.encode(), plain.encode(), hashlib.sha256).digest()
    ).decode()


def decrypt(body: bytes, keys: Keys) -> bytes:
    """The plain text of a push. Raises Forged."""
    from cryptography.hazmat.primitives import padding

    try:
        sealed = base64.b64decode(body.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise Forged("it is not Base64") from None
    if not sealed or len(sealed) % 16:
        raise Forged("it is not whole blocks")
    cipher = _cipher(keys).decryptor()
    padded = cipher.update(sealed) + cipher.finalize()
    unpadder = padding.PKCS7(128).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise Forged("it does not open with this message secret") from None


def encrypt(plain: bytes, keys: Keys) -> bytes:
    """A push as the platform sends it: for look-alikes."""
    from cryptography.hazmat.primitives import padding

    padder = padding.PKCS7(128).padder()
    cipher = _cipher(keys).encryptor()
    sealed: bytes = cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()
    return base64.b64encode(sealed)


def _cipher(keys: Keys) -> Any:
    """The library is loaded at need. Raises Forged when the secret is none."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    try:
        key = base64.b64decode(keys.message_secret, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 16:
        raise Forged("message_secret is no Base64 of 16 bytes")
    return Cipher(algorithms.AES128(key), modes.CBC(bytes(16)))
