"""Keys of a room.toml about whom the room speaks with: channels, where platforms push to, where restocks are sent."""

from __future__ import annotations

from stockwatch.config import checks
from stockwatch.config.problems import Words
from stockwatch.config.settings import Channel, RoomConfig
from stockwatch.config.tables import Key, Table

CHANNEL = Table(
    "channel",
    Channel,
    Words("A platform or storefront that sells the room's goods.", "一个卖货的平台或店铺。"),
    many=True,
    to="channels",
    keys=(
        Key(
            "id",
            checks.ident,
            '"douyin"',
            Words("Its id, on the board.", "渠道编号,看板上显示。"),
            required=True,
        ),
        Key(
            "title",
            checks.text,
            '"抖音"',
            Words("Its name on the screen; default: the id.", "屏幕上的名字;默认同编号。"),
        ),
        Key(
            "source",
            checks.ident,
            '"douyin/room-7"',
            Words(
                "The CloudEvents source that its events carry; default: the id.",
                "它的消息所带的 source;默认同编号。",
            ),
            like="id",
        ),
        Key(
            "feed",
            checks.feed,
            '"ws://127.0.0.1:8765"',
            Words(
                "Where its events come from: replay:FILE, ws:// or wss://, http:// or https:// (polled every "
                "second), or douyin: taobao: kuaishou: wechat: tiktok: shopify:.",
                "消息从哪里来:replay:文件、ws:// 或 wss://、http:// 或 https://(每秒轮询),"
                "或 douyin: taobao: kuaishou: wechat: tiktok: shopify:。",
            ),
        ),
        Key(
            "secret",
            checks.secret,
            '"env:DOUYIN_SECRET"',
            Words(
                "Where its secret is found: env:NAME, or file:PATH of a file of mode 0600; never the secret.",
                "密钥在哪里:env:变量名,或 file:路径(权限 0600)。绝不写密钥本身。",
            ),
            private=True,
        ),
        Key(
            "deduct",
            checks.choice(Channel, "deduct"),
            '"place"',
            Words(
                "When an order holds stock: place (拍下减) or pay (付款减).",
                "订单何时占库存:place 拍下减,pay 付款减。",
            ),
        ),
        Key(
            "shop",
            checks.ident,
            '"77977"',
            Words(
                "The shop's id with the platform (Taobao: the seller's nick; Shopify: NAME.myshopify.com); orders and "
                "pushes of another one are refused.",
                "店铺在平台的编号(淘宝写卖家昵称,Shopify 写 NAME.myshopify.com);别的店铺的订单和推送不收。",
            ),
        ),
        Key(
            "since",
            checks.instant,
            '"2026-11-11T18:00:00+08:00"',
            Words(
                "Orders placed before are none of this room's, as the opening stock leaves them out; default: since "
                "the room first followed the platform.",
                "在此之前下的单不算本场的(开场库存里没有它们);默认从第一次接上平台算起。",
            ),
        ),
        Key(
            "rate",
            checks.whole(1),
            "20",
            Words(
                "Requests a second that the platform allows this app, for each of its methods; it is slowed down by "
                "itself when refused.",
                "平台允许本应用每个接口每秒请求几次;被限流会自动放慢。",
            ),
        ),
        Key(
            "live_room",
            checks.ident,
            '"7314159265358979323"',
            Words(
                "Douyin's id of the live room whose comments (直播小玩法 data pushes) are taken; they go to /push/, "
                "the channel's id and /comments.",
                "取哪个抖音直播间的弹幕(直播小玩法数据推送);推送地址是 /push/ 加渠道编号再加 /comments。",
            ),
        ),
        Key(
            "read_back",
            checks.every(10),
            '"30s"',
            Words(
                "How often the platform's own figure of a SKU is read, to see when somebody else overwrites it "
                '(Douyin, Kuaishou, Taobao); "0s": never. With many SKUs it takes longer: at most two a second.',
                "多久读一次平台上某个 SKU 的库存,好看见谁从外面改了它(抖店、快手、淘宝);"
                '"0s" 不读。SKU 多时会更久:每秒至多请求两次。',
            ),
        ),
        Key(
            "messages",
            checks.messages,
            '"ws://mc.api.taobao.com/"',
            Words(
                "Taobao's message channel; default: Taobao's own. \"http\": its messages are asked for at the gateway, "
                "where the channel can't be reached.",
                '淘宝消息通道地址;默认淘宝官方的。连不上时写 "http":改向网关取消息。',
            ),
        ),
    ),
)

PUSH = Table(
    "push",
    RoomConfig,
    Words("Where platforms push their messages to.", "平台把消息推送到哪里。"),
    merge=True,
    keys=(
        Key(
            "listen",
            checks.listen,
            '"127.0.0.1:8790"',
            Words(
                "HOST:PORT; a channel's address is /push/ and its id. Without it orders are found by polling. "
                "Platforms want https on a public name: put a proxy that ends TLS in front, or name a certificate.",
                "主机:端口;渠道地址是 /push/ 加渠道编号。不写则靠轮询。平台要求公网 https:前面放反向代理,或写证书。",
            ),
            to="push_listen",
        ),
        Key(
            "certificate",
            checks.path,
            '"tls/fullchain.pem"',
            Words("Certificate chain, for TLS without a proxy.", "证书链;不用代理时自己做 TLS。"),
            to="push_certificate",
        ),
        Key(
            "key",
            checks.path,
            '"tls/key.pem"',
            Words("The certificate's private key.", "证书的私钥。"),
            to="push_key",
        ),
    ),
)

WEBHOOK = Table(
    "restock",
    RoomConfig,
    Words("Where restocks that people ask for are sent.", "要补货时发到哪里。"),
    merge=True,
    keys=(
        Key(
            "webhook",
            checks.webhook,
            '"https://erp.example.com/restock"',
            Words(
                "Each restock asked for is sent here as signed JSON (Standard Webhooks), again until it is answered; "
                'an answer {"state":"confirmed"} or "refused" moves it.',
                "每次要补货都以签名 JSON(Standard Webhooks)发到这里,没回应就重发;"
                '回 {"state":"confirmed"} 或 "refused" 即更新补货状态。',
            ),
            to="restock_webhook",
            private=True,
        ),
        Key(
            "secret",
            checks.secret,
            '"env:RESTOCK_SECRET"',
            Words(
                "What it is signed with: env:NAME, or file:PATH of a file of mode 0600; at least 16 bytes, or "
                "whsec_ and Base64.",
                "签名密钥在哪里:env:变量名,或 file:路径(权限 0600);至少 16 字节,或 whsec_ 加 Base64。",
            ),
            to="restock_secret",
            private=True,
        ),
        Key(
            "local",
            checks.flag,
            "true",
            Words(
                "Allow a webhook on this machine, or plain http, which others on the way can read.",
                "允许发到本机,或用不加密的 http(途中别人能看到)。",
            ),
            to="restock_local",
        ),
    ),
)
