"""Published vectors: what the platforms and their SDKs compute, we compute. The signing modules name the sources."""

from __future__ import annotations

import json

import pytest

from stockwatch.channels.douyin import push as douyin_push
from stockwatch.channels.douyin import signing as douyin
from stockwatch.channels.kuaishou import signing as kuaishou
from stockwatch.channels.taobao import tmc
from stockwatch.channels.taobao.signing import sign as taobao_sign
from stockwatch.channels.wire import Forged, Keys

TAOBAO = {
    "method": "taobao.item.seller.get", "app_key": "12345678", "session": "test", "timestamp": "2016-01-01 12:00:00",
    "format": "json", "v": "2.0", "fields": "num_iid,title,nick,price,num", "num_iid": "11223344",
}  # fmt: skip
DOUYIN = Keys(app_key="3409409348479354011", app_secret="2ad2355c-01d0-11f8-91dc-05a8cd1054b1")
KUAISHOU = Keys(sign_secret="sign-secret", message_secret="MDEyMzQ1Njc4OWFiY2RlZg==", app_key="ks_demo")


@pytest.mark.parametrize(
    ("how", "signed"),
    [
        ("md5", "66987CB115214E59E6EC978214934FB8"),
        ("hmac", "D56D7858309C31B6251083A874D48273"),
    ],
)
def test_taobao_requests(how: str, signed: str):
    assert taobao_sign({**TAOBAO, "sign_method": how}, "helloworld", how) == signed  # type: ignore[arg-type]
    assert taobao_sign({**TAOBAO, "sign_method": how, "empty": "", "sign": "x"}, "helloworld", how) == signed  # type: ignore[arg-type]


def test_taobao_hmac_sha256():
    signed = taobao_sign({**TAOBAO, "sign_method": "hmac-sha256"}, "helloworld")
    assert signed == "04DB15AD0774D5CFCE2C837DE43E3FCEA9011ED74F3038FB6AB5F3C4CEA119E8"


FRAMES = {
    "connect": (
        "02000100070000006170705f6b65790108000000313233343536373801000a00000067726f75705f6e616d650107000000646566"
        "61756c7401000300000073646b0115000000746f702d73646b2d6a6176612d32303236303130310100040000007369676e012000"
        "0000324530334431333438443742363541333636463844423442443134333539383301000900000074696d657374616d70010d00"
        "0000313435313632303830303030300000"
    ),
    "ack": "020105000900000054455354544f4b454e0000",
    "pull": "020205000900000054455354544f4b454e0100060000005f5f6b696e6402010000",
}


def test_taobao_frames():
    keys = Keys(app_key="12345678", app_secret="helloworld")
    first = tmc.decode(bytes.fromhex(FRAMES["connect"]))
    assert first.content["sign"] == "2E03D1348D7B65A366F8DB4BD1435983"
    ours = tmc.decode(tmc.connect(keys, 1451620800000 * 1000))
    assert ours.content == {**first.content, "sdk": "stockwatch"}
    assert tmc.encode(first).hex() == FRAMES["connect"]
    assert tmc.decode(bytes.fromhex(FRAMES["ack"])) == tmc.Frame(tmc.CONNECTACK, {}, "TESTTOKEN")
    assert tmc.pull("TESTTOKEN").hex() == FRAMES["pull"]


def test_taobao_message_with_an_id_beyond_a_float():
    content = (
        '{"buyer_nick":"b***","payment":"44.00","oid":192559684481084,"tid":192559684481084,'
        '"type":"guarantee_trade","seller_nick":"sandbox_c_1"}'
    )
    frame = tmc.Frame(
        tmc.SEND,
        {
            "__kind": tmc.byte(3), "id": tmc.int64(653171026979364302), "topic": "taobao_trade_TradeCreate",
            "publisher": "4272", "userid": tmc.int64(3600000001), "nick": "sandbox_c_1",
            "time": tmc.date(1451620800000), "outtime": tmc.date(1451620801000), "dataid": "220001", "content": content,
        },
        "TESTTOKEN",
    )  # fmt: skip
    raw = tmc.encode(frame)
    assert raw.hex().startswith(
        "020205000900000054455354544f4b454e0100060000005f5f6b696e640203010002000000696405ce9d"
    )
    assert "74696d6506009657fb51010000" in raw.hex()
    message = tmc.message_of(tmc.decode(raw), Keys())
    assert message is not None
    assert message.nudge is not None
    assert (message.id, message.nudge.order) == (653171026979364302, "192559684481084")


def test_douyin_requests():
    params = douyin.param_json(
        {"update_time_start": 1763800000, "page": 0, "size": 100, "order_by": "update_time", "order_asc": True,
         "update_time_end": 1763801800}
    )  # fmt: skip
    assert douyin.sign(DOUYIN, "order.searchList", params, "1763801800") == (
        "417fcbb18518c508ae3fb0e94e1fc775b66a96ae57e12182c589fa1991235db6"
    )
    official = Keys(app_key="6844048284663924231", app_secret="749698a6-fcb3-4358-b241-ec1d93cf9c1f")
    page = douyin.param_json({"size": "20", "page": "0"})
    at = "2020-07-05 22:33:59"
    assert douyin.sign(official, "product.list", page, at) == (
        "a84fc5747114e63196565192a19f80d9d78819b8c8f5940eeb282bf78260901d"
    )
    assert douyin.sign(official, "product.list", page, at, "md5") == "0a1288b4f742252692e6d5e006035e82"


PUSH = (
    b'[{"tag":"100","msg_id":"04288XXXXXXX9348874::100:1618990587:68373744XXXXXXX9128","data":"{\\"p_id\\":'
    b'4781320682406083640,\\"s_ids\\":[4781320682406083640],\\"shop_id\\":12345,\\"order_status\\":1,\\"order_type\\":0,'
    b'\\"create_time\\":1618990587,\\"biz\\":2}"}]'
)


def test_douyin_pushes():
    headers = {"app-id": DOUYIN.app_key, "event-sign": "931287cb499255e9b2003a068ebed6ba"}
    received = douyin_push.receive(headers, PUSH, DOUYIN)
    assert [nudge.order for nudge in received.nudges] == ["4781320682406083640"]
    assert json.loads(received.reply) == {"code": 0, "msg": "success"}
    probe = b'[{"tag":"0","msg_id":"0","data":"2020-09-10T16:27:56.52842897+08:00"}]'
    headers["event-sign"] = "3472ef7d72dcfa161a54a946c84bcf24"
    assert douyin_push.receive(headers, probe, DOUYIN) == (
        (), b'{"code":0,"msg":"success"}', 0, "application/json"
    )  # fmt: skip
    with pytest.raises(Forged):
        douyin_push.receive(headers, probe + b" ", DOUYIN)


def test_douyin_live_comments():
    headers = {
        "x-nonce-str": "123456",
        "x-timestamp": "456789",
        "x-roomid": "268",
        "x-msg-type": "user_group",
    }
    assert douyin.sign_comments(headers, "abc123你好".encode(), "123abc") == "GAkalGmhzqlUGQO/TgvMug=="


def test_kuaishou_requests():
    params = {
        "access_token": "token", "appkey": "ks123", "method": "open.seller.order.list", "param": '{"title":"短袖"}',
        "signMethod": "HMAC_SHA256", "timestamp": "1583271919000", "version": "1",
    }  # fmt: skip
    assert kuaishou.sign(params, KUAISHOU) == "ZpPrG0oB1g/T93FyyVD+VCzRey41yqxZoCqcGg7upYM="


SEALED = (
    b"bR+wF2nPNNun2sKB6x5rQnSOliMjne23/WFmr6v2ghrdBZJ8S9amUgGSkiIuXbAFl94+pyGSBeUBuv+osWjoIgMVPg5WLqoqROhAwK1irqNpH1Wv"
    b"d7Mu/mfFXVDmhAQ7TeXMCZXtdMsBjEkRdJ+Ldo45oXu/fAd5k/QmYtDf+p+k8rQyaHKFITIlZucvxBJISL4zUuM/wfsiQAL7HxMKNdbvAWkfyEVc"
    b"PtB1CdJjtD+E/Ml0Xy+hWicd4ZEydUu0GTVcvTsoEOWVLs3LRCOGKnFrrhdQKUY60Qmlg2O0qffeofEd171/R14i7rpEgbySf2SV/Rp0Vjd1JO4b"
    b"hKhFLPnTSEqIef2t6kzLHsYDvYQ3gBoTBnRUBsR5SJ5Er0EwNQvJFypYE6hBuA5ZT49GdRE0gXsCyiyydN2xQNHiJIFRnGyoMQ7e+Tm7A9kZ3/0L"
    b"EK9k1XTULC1b8H/M3wE5aIpUyewu7OQ51HarHde/DqyqF84ZMxxFr/derChf6uNRWlMo9/48vMENCiy/UzKzNg=="
)


def test_kuaishou_pushes():
    plain = kuaishou.decrypt(SEALED, KUAISHOU)
    assert json.loads(json.loads(plain)["info"])["oid"] == 2607602240240301
    assert kuaishou.decrypt(kuaishou.encrypt(plain, KUAISHOU), KUAISHOU) == plain
    with pytest.raises(Forged):
        kuaishou.decrypt(SEALED[:-24] + SEALED[-20:], KUAISHOU)
