"""核对共管节点导出的证明（.tlog-proof）和案卷（.gongguan-case）。Check what a gongguan node exported.
    python3 verify_export.py 一方.card 另一方.card 文件…
只用 Python 标准库和 cryptography，不含共管软件的任何代码。It shares no code with what it checks; format: docs/wire.md.
退出码 exit code: 0 全部成立 all hold, 1 其余情形 otherwise. 不查两段历史的证据 Not for forks: gongguan proof verify.
"""

import base64
import json
import re
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PLAIN, COSIGNATURE = 1, 4  # C2SP signature types: over the text, over time and text
P, YEAR_9999, CASE = 2**255 - 19, 253402300799, b"gongguan case 1\n"  # the keys' field; the calendar's last second
ORDER_8_Y = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
WEAK_Y = {0, 1, P - 1, ORDER_8_Y, P - ORDER_8_Y}  # points of order 1, 2, 4, 8: anything is "signed" by them


def need(condition, what):
    if not condition:
        raise ValueError(what)


def say(*words):  # without what steers a terminal or cannot be seen: whoever signed a text may have put it there
    print(*("".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in str(word)) for word in words))


def b64(text, length=None):
    data = base64.b64decode(text.encode(), validate=True)
    need(base64.b64encode(data).decode() == text and length in (None, len(data)), "编码不对 malformed base64")
    return data


def canonical(data):  # JSON in its one spelling, without floats; our keys are ASCII: sorted as RFC 8785 sorts them
    value = json.loads(data.decode(), parse_float=int, parse_constant=int)
    again = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    need(again.encode() == data, "JSON 写法不规范 not canonical JSON")
    return value


class Note:  # c2sp.org/signed-note: text, empty line, signature lines
    def __init__(self, data):
        text, gap, lines = data.decode().rpartition("\n\n")
        need(gap and lines.endswith("\n"), "没有签名行 no signature lines")
        self.text, self.lines = text + "\n", [line.split(" ") for line in lines[:-1].split("\n")]
        need(all(len(line) == 3 and line[0] == "—" and line[1] for line in self.lines), "签名行写法不对 signature line")
        self.hash = sha256(self.text.encode()).hexdigest()

    def signature(self, name, kind, key):  # the one by this key, verified; None without a line of it
        key_id, found = sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4], None
        for _, signer, rest in self.lines:
            raw = b64(rest)
            if signer == name and raw[:4] == key_id:
                found, signed = raw[4:], self.text.encode()
                if kind == COSIGNATURE:
                    signed = f"cosignature/v1\ntime {int.from_bytes(found[:8], 'big')}\n".encode() + signed
                Ed25519PublicKey.from_public_bytes(key).verify(found[8 if kind == COSIGNATURE else 0 :], signed)
        return found

    def block(self, kind):
        need(self.text.startswith(f"gongguan {kind} 1\n"), f"文书种类不对 not this type of text: {kind}")
        return canonical(self.text[:-1].rpartition("\n")[2].encode())


class Card:  # signed by both keys that it names; the first proves its node id, a later one follows the one before
    def __init__(self, data, before=None):
        note = Note(data)
        block, self.hash = note.block("card"), note.hash
        self.node, self.title = block["node_id"], block["title"]
        self.log, self.cosigning = bytes.fromhex(block["log_key"]), bytes.fromhex(block["cosigning_key"])
        points = {int.from_bytes(key, "little") % 2**255 for key in (self.log, self.cosigning)}
        need(not points & WEAK_Y, "弱密钥 weak key")
        named = note.signature(self.node, PLAIN, self.log), note.signature(self.node + "/cosign", PLAIN, self.cosigning)
        need(all(named) and self.log != self.cosigning, "名片缺签名 the card is not signed by its keys")
        own = base64.b32encode(sha256(b"gongguan node\n" + self.log).digest()[:20]).decode().lower()
        need(block["serial"] > 1 or own == self.node, "节点编号不符 the node id is not that of the key")
        follows = before is None or (block["previous"] == before.hash and note.signature(self.node, PLAIN, before.log))
        need(follows, "名片不连续 the cards do not follow")


def cards_in(data):  # of each node one card, or several that follow one another, the oldest first
    cards = []
    for raw in re.split(rb"(?m)^(?=gongguan card 1$)", data)[1:]:
        node = Note(raw).block("card")["node_id"]
        cards.append(Card(raw, next((card for card in cards[::-1] if card.node == node), None)))
    return cards


def head_of(data, cards, pairing=None):  # author's node id, epoch, size, root, words on the receipt
    head = Note(data)
    origin, size, root = head.text[:-1].split("\n")
    found = re.fullmatch(r"gongguan/1/([0-9a-f]{64})/([a-z2-7]{32})/([0-9a-f]{32})", origin)
    need(found and re.fullmatch(r"0|[1-9][0-9]{0,15}", size), "日志头写法不对 malformed checkpoint")
    need(pairing in (None, found[1]), "另一结对的日志 a log of another pairing")
    signed = [head.signature(origin, PLAIN, card.log) for card in cards if card.node == found[2]]
    partners = [(f"{card.node}/cosign", COSIGNATURE, card.cosigning) for card in cards if card.node != found[2]]
    times = [int.from_bytes(receipt[:8], "big") for receipt in (head.signature(*key) for key in partners) if receipt]
    need(any(signed) and (times or signed[-1]), "发出方没有用有效密钥签名 not signed by the author's key in force")
    when = f"收到 received {datetime.fromtimestamp(min(*times, YEAR_9999), UTC)}" if times else "无回执 no receipt"
    return found[2], found[3], int(size), b64(root, 32), when


def top_over(leaf, index, size, path):  # RFC 6962 section 2.1.1; the path's last hash is the nearest to the root
    if size == 1:
        return leaf
    half, beside = 1 << (size - 1).bit_length() - 1, path.pop()
    if index < half:
        return sha256(b"\1" + top_over(leaf, index, half, path) + beside).digest()
    return sha256(b"\1" + beside + top_over(leaf, index - half, size - half, path)).digest()


def check_inclusion(message, index, size, path, root):
    top = top_over(sha256(b"\0" + message).digest(), index, size, path) if 0 <= index < size else None
    need(top == root and not path, "消息不在这份日志里 the message is not in this log")


def proof_of(data, cards):
    if data.startswith(b"gongguan fork 1\n"):
        raise NotImplementedError("两段历史的证据请用 two histories: see gongguan proof verify")
    rows, _, checkpoint = data.partition(b"\n\n")
    first, message, index, *path = rows.decode().split("\n")
    found = re.fullmatch(r"index (0|[1-9][0-9]{0,15})", index)
    need(first == "c2sp.org/tlog-proof@v1" and message[:6] == "extra " and found, "不是证明文件 not a tlog-proof")
    author, epoch, size, root, received = head_of(checkpoint, cards)
    message, index = b64(message[6:]), int(found[1])
    check_inclusion(message, index, size, [b64(row, 32) for row in path], root)
    return [(author, epoch, index, canonical(message), received)]


def case_of(data, trusted):
    _, *rows, end = data.split(b"\n")
    parts = [canonical(row) for row in rows]
    order = ["case", "pairing", "card", "agreement", "head", "message"]
    of = {name: [part for part in parts if part["part"] == name] for name in order}
    need([part for name in order for part in of[name]] == parts and not end, "各部分次序不对 order of the parts")
    (case,), (record,), versions = of["case"], of["pairing"], []
    cards = cards_in("".join(part["note"] for part in of["card"]).encode())
    hashes, nodes = {card.hash for card in cards}, {card.node for card in cards}
    need({card.node for card in trusted} == nodes and {card.hash for card in trusted} <= hashes, "名片不符 other cards")

    def by_both(part):
        note = Note(part["note"].encode())
        need({card.node for card in cards if note.signature(card.node, PLAIN, card.log)} == nodes, "缺签名 not by both")
        return note

    pairing = by_both(record)
    named = {pairing.block("pairing")[side]["card"] for side in ("inviter", "invited")}
    need(pairing.hash == case["pairing"] and named <= hashes, "结对记录不符 another pairing record")
    for note in map(by_both, of["agreement"]):
        terms = note.block("agreement")
        fits = terms["predecessor"] in versions if versions else note.hash == case["agreement"]
        need(fits and {party["node_id"] for party in terms["parties"]} == nodes, "协议不符 another agreement")
        versions.append(note.hash)
    heads, shown, places = [head_of(part["note"].encode(), cards, pairing.hash) for part in of["head"]], [], {}
    for part in of["message"]:
        author, epoch, size, root, received = heads[part["head"]]
        message, index = part["message"].encode(), part["index"]
        check_inclusion(message, index, size, [b64(row, 32) for row in part["inclusion"]], root)
        shown.append((author, epoch, index, canonical(message), received))
        places[epoch, index] = author, shown[-1][3]["id"]
    need(len(places) == len(shown) and versions, "同一位置两次，或没有协议 one place twice, or no agreement")
    for author, _, _, value, _ in shown:
        if value["kind"] == "exchange.outcome":  # the author's word on a message of the other side
            writer, told = places[value["body"]["epoch"], value["body"]["index"]]
            need(writer != author and told == value["body"]["message"], "另有所指 an outcome of another message")
        else:
            need(value["subject"] == case["subject"], "另一名党员的消息 a message about another member")
    return shown


def main(paths):
    faults, cards = 0, cards_in(b"".join(Path(path).read_bytes() for path in paths[:2]))
    need(cards[0].node != cards[-1].node, "两张名片是同一节点的 two cards of one node")
    for card in cards:
        say(card.title, "核对码 fingerprint:", *re.findall("[0-9]{5}", f"{int(card.hash, 16) % 10**40:040d}"))
    for path in paths[2:]:
        try:
            data, told = Path(path).read_bytes(), [[f"成立 holds: {path}"]]
            for author, epoch, index, value, when in (case_of if data.startswith(CASE) else proof_of)(data, cards):
                title = next(card.title for card in cards if card.node == author)
                told += [[" ", title, value["kind"], value["id"], f"[{epoch}, {index}]", when], ["   ", value["body"]]]
        except Exception as fault:
            faults += 1
            what = "未核对 NOT checked" if isinstance(fault, NotImplementedError) else "不成立 does NOT hold"
            told = [[f"{what}: {path}: {fault!r}"]]
        for words in told:
            say(*words)
    print("收到不等于生效；齐全与否须比对双方的导出。Received is not in effect; compare both sides' exports for gaps.")
    return 1 if faults else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]) if len(sys.argv) > 3 else __doc__)
    except Exception as fault:
        sys.exit(f"名片不成立 a card does not hold: {fault!r}")
