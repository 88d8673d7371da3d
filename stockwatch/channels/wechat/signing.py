"""WeChat's pushes in secure mode (安全模式): who sent them, and what is in them. Requests are not signed. Pure.

As the platform's message push documentation and its worked examples have them (developers.weixin.qq.com, 消息推送):
SHA-1 over the sorted words, AES-256-CBC whose IV is the key's first half, PKCS7 to blocks of 32, and within it 16
random bytes, the length as four bytes, the message and the app's id. The plain and the compatible mode are not taken:
their signature does not cover the message.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from stockwatch.channels.wire import Forged, Keys

_BLOCK = 32
_RANDOM = 16
_MAX_QUERY = 4096


def signature(*words: str) -> str:
    """SHA-1 of the words, sorted and run together: lower-case hex."""
    return hashlib.sha1("".join(sorted(words)).encode(), usedforsecurity=False).hexdigest()


def query_of(headers: Mapping[str, str]) -> dict[str, str]:
    """The parameters of the address that was asked. Raises Forged."""
    raw = headers.get(":query", "")
    if len(raw) > _MAX_QUERY:
        raise Forged("its query is too long")
    try:
        return dict(parse_qsl(raw, keep_blank_values=True, max_num_fields=32))
    except ValueError:
        raise Forged("its query has too many fields") from None


def echo(query: Mapping[str, str], keys: Keys) -> bytes:
    """What answers WeChat's question whether the address is ours: its `echostr`. Raises Forged."""
    _require(keys.push_token, "no push_token is set, which signs pushes")
    wanted = signature(keys.push_token, query.get("timestamp", ""), query.get("nonce", ""))
    if not hmac.compare_digest(query.get("signature", "").lower().encode(), wanted.encode()):
        raise Forged("its signature is not WeChat's")
    return query.get("echostr", "").encode()


def opened(sealed: str, query: Mapping[str, str], keys: Keys) -> bytes:
    """The message in `Encrypt`, once `msg_signature` says that it is WeChat's. Raises Forged."""
    _require(keys.push_token, "no push_token is set, which signs pushes")
    wanted = signature(keys.push_token, query.get("timestamp", ""), query.get("nonce", ""), sealed)
    if not hmac.compare_digest(query.get("msg_signature", "").lower().encode(), wanted.encode()):
        raise Forged("its signature is not WeChat's")
    return decrypt(sealed, keys)


def decrypt(sealed: str, keys: Keys) -> bytes:
    """The message. Raises Forged."""
    try:
        blocks = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        raise Forged("it is not Base64") from None
    if not blocks or len(blocks) % 16:
        raise Forged("it is not whole blocks")
    cipher = _cipher(keys).decryptor()
    padded: bytes = cipher.update(blocks) + cipher.finalize()
    fill = padded[-1]
    if not 1 <= fill <= min(_BLOCK, len(padded)) or padded[-fill:] != bytes((fill,)) * fill:
        raise Forged("it does not open with this message secret")
    plain = padded[:-fill]
    length = int.from_bytes(plain[_RANDOM : _RANDOM + 4], "big")
    end = _RANDOM + 4 + length
    if len(plain) < end:
        raise Forged("it is shorter than it says")
    if not hmac.compare_digest(plain[end:], keys.app_key.encode()):
        raise Forged("it is for another app")
    return plain[_RANDOM + 4 : end]


def encrypt(message: bytes, keys: Keys, random: bytes = bytes(_RANDOM)) -> str:
    """A message as WeChat seals it: for look-alikes."""
    plain = random + len(message).to_bytes(4, "big") + message + keys.app_key.encode()
    fill = _BLOCK - len(plain) % _BLOCK
    cipher = _cipher(keys).encryptor()
    sealed: bytes = cipher.update(plain + bytes((fill,)) * fill) + cipher.finalize()
    return base64.b64encode(sealed).decode()


def _cipher(keys: Keys) -> Any:
    """The library is loaded at need. Raises Forged when the secret is none."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    try:
        # The secret's last character may carry bits that belong to no byte; they are passed over.
        key = base64.b64decode(keys.message_secret + "=")
    except (binascii.Error, ValueError):
        key = b""
    _require(len(key) == 32, "message_secret is no EncodingAESKey of 43 characters")
    return Cipher(algorithms.AES256(key), modes.CBC(key[:16]))


def _require(holds: object, otherwise: str) -> None:
    if not holds:
        raise Forged(otherwise)
