"""Where events come from: recordings, WebSocket and HTTP servers, order exports.

Turns transports into batches of messages as received, with the cursor that goes with them. Decodes only to read
recorded time; keeps no stock; nothing after it knows which platform an event came from beyond its channel id.
"""
