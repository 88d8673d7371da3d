"""Who sends Shopify's webhooks (shopify.dev, "Verify webhook deliveries"). Requests carry a token. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac

from stockwatch.channels.wire import Keys


def sign_push(keys: Keys, body: bytes) -> str:
    """The `X-Shopify-Hmac-Sha256` of a webhook, over the very bytes that came: Base64."""
    return base64.b64encode(hmac.new(keys.app_secret.encode(), body, hashlib.sha256).digest()).decode()
