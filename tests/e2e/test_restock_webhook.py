"""A restock leaves a real hub, which is killed before it hears; the next one sends it again and books the answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest
from e2e_server import PLENTY, ChannelServer, room_toml
from e2e_world import World, wait_until
from websockets.sync.client import unix_connect

from stockwatch import __version__
from stockwatch.room import intents

SECRET = "a secret of the warehouse"


class Warehouse(ThreadingHTTPServer):
    """Says nothing to the first request, and yes to the next."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Desk)
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.over = threading.Event()


class _Desk(BaseHTTPRequestHandler):
    server: Warehouse

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
        if len(self.server.came) == 1:
            self.server.over.wait(30)
            return
        answer = '{"state":"confirmed","qty":60,"text":"七点发"}'.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    server = Warehouse()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


def test_a_restock_outlives_a_kill_and_is_sent_under_one_key(world: World, warehouse: Warehouse) -> None:
    secret = world.write("secret", SECRET + "\n")
    secret.chmod(0o600)
    with ChannelServer() as shop:
        webhook = f"http://127.0.0.1:{warehouse.server_port}/in?token=hush"
        asks = f'[restock]\nwebhook = "{webhook}"\nsecret = "file:secret"\nlocal = true\n\n'
        room = world.write("room.toml", room_toml(shop.url).replace("[ledger]", asks + "[ledger]"))
        world.done("run", room, "--detach")
        with unix_connect(world.hubs()[0]["socket"], max_size=None) as console:
            ask = intents.AskRestock(
                id="night-1", by="小林", sku=PLENTY, source="仓库", quantity=100, lead_time=600
            )
            for message in (intents.Hello(version=__version__, by="小林"), ask):
                console.send(msgspec.json.encode(message).decode())
            wait_until(lambda: warehouse.came, 10, "the restock is sent")
        world.kill_hub("live")
        world.done("run", room, "--detach")
        wait_until(lambda: "webhook confirmed" in world.log("live"), 10, "the answer is booked")
        world.done("stop", "live")
        (first, body), (second, again) = warehouse.came
        assert body == again
        assert first["webhook-id"] == second["webhook-id"] == "night-1"
        signed = f"night-1.{second['webhook-timestamp']}.".encode() + again
        mac = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
        assert second["webhook-signature"] == f"v1,{mac}"
        events = world.done("ledger", "export", "live.db", "--events")
        booked = [msgspec.json.decode(line) for line in events.splitlines()]
        ordered = [event["data"] for event in booked if event["type"] == "stock.ordered"]
        assert [(data["state"], data["qty"]) for data in ordered] == [("asked", 100), ("confirmed", 60)]
        everything = world.log("live").encode() + events
        assert SECRET.encode() not in everything
        assert b"hush" not in everything
