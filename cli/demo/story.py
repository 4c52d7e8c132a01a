"""The steps of the demonstration, in order: each is one method with one sentence."""

import contextlib
import functools
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from gongguan.cli.demo.guard import Guard
from gongguan.cli.demo.office import Failed, Office, say
from gongguan.cli.demo_data import workbook
from gongguan.node import clock
from gongguan.sync.days import today
from gongguan.sync.vocabulary import label

SETTLE_WAIT_S_MAX: Final = 180.0
PORTS: Final = range(10_000, 32_000)
RECORDS_MIN: Final = 1000
"""So many shared records at the least are compared before both sign that they are equal."""

ORIGIN_STAFF: Final = (("包干事", "organisation_officer"), ("敖书记", "secretary"), ("白支书", "branch_clerk"))
DESTINATION_STAFF: Final = (("林干事", "organisation_officer"), ("沈书记", "secretary"), ("陈支书", "branch_clerk"))


class Story:
    """Two committees, from nothing to a statement that both signed."""

    def __init__(self, root: Path, ask_person: bool) -> None:
        guard = Guard()
        self.origin = Office(root, "origin", "乌兰诺尔旗委员会", "990521", ORIGIN_STAFF, guard)
        self.destination = Office(root, "destination", "澜江市委员会", "990107", DESTINATION_STAFF, guard)
        self.root = root
        self.ask_person = ask_person
        self.today = today(clock.now())
        self.subjects: list[str] = []
        self.names: dict[str, str] = {}

    def both(self) -> tuple[Office, Office]:
        """Origin first."""
        return self.origin, self.destination

    def stop(self) -> None:
        """Stop both nodes."""
        for office in self.both():
            office.stop()

    def tell(self) -> None:
        """Everything."""
        steps: tuple[tuple[str, Callable[[], None]], ...] = (
            ("两个党委各自建立节点，登记工作人员", self.set_up),
            ("两个节点结对：交换名片，在电话里核对指纹", self.pair),
            ("双方签署共管协议", self.agree),
            ("流出地从 Excel 导入党组织、全体党员和流出党员花名册", self.import_rosters),
            ("党员外出：外出前报告、发放《活动证》、向流入地通报", self.depart),
            ("流入地接收：编入支部、明确联系责任人；一人不符，说明理由退回", self.admit),
            ("一年的组织生活和党费即时记入《活动证》，季度反馈", self.live_a_year),
            ("传送途中流入地节点被强行关机（kill -9），重启后一条不多一条不少", self.survive_a_kill),
            ("双方共同赋分：同一件事只计一次；分值不同的，两边列出同一个冲突", self.score),
            ("冲突由一方提出、另一方同意，共同处理", self.close_the_conflict),
            ("对账：逐条一致，双方在同一份声明上签名", self.reconcile),
            ("导出一条消息的证明，在没有节点的地方核对", self.prove),
            ("有人手工改了数据库里的一行：对账指出这一条，核对日志查出是哪一方，并恢复", self.tamper),
        )
        for number, (sentence, step) in enumerate(steps, start=1):
            say(f"\n【{number}/{len(steps)}】{sentence}。")
            step()

    # --- two nodes ----------------------------------------------------------------------------------------

    def set_up(self) -> None:
        for office, port in zip(self.both(), free_ports(2), strict=True):
            office.init(port)
            office.start()
            office.login("管理员")
            for person, role in office.staff:
                body = office.region
                office.run("staff", "add", person, "--role", role, "--body", body, as_staff="管理员")
                office.login(person)
        say("  两个节点已启动，恢复单已打印（演示中略去）。")

    def pair(self) -> None:
        origin, destination = self.both()
        invited = origin.run("peer", "invite", as_staff=origin.officer)
        say("  邀请文件交给对方（邮件、U 盘均可）。")
        accepted = destination.run("peer", "accept", invited["file"], as_staff=destination.officer)
        cards = [office.run("peer", "card", as_staff=office.officer) for office in self.both()]
        say(f"  两边干事通电话，各念各的核对码：{cards[0]['fingerprint']} / {cards[1]['fingerprint']}")
        destination.run(
            "peer", "confirm", accepted["peer"], "--fingerprint", cards[0]["fingerprint"], as_staff=destination.officer
        )
        self.wait_for(lambda: bool(list(self.rows("peer.list", origin, "peers"))), "对方名片没有送到")
        here = next(self.rows("peer.list", origin, "peers"))
        origin.run("peer", "confirm", here.peer, "--fingerprint", cards[1]["fingerprint"], as_staff=origin.officer)
        for office in self.both():
            self.wait_for(functools.partial(self.is_paired, office), "结对没有生效")
        say("  结对记录上有了双方签名，结对生效。")
        self.settle()

    def is_paired(self, office: Office) -> bool:
        """Whether this office sees the pairing as active."""
        return [row.state for row in self.rows("peer.list", office, "peers")] == ["active"]

    def agree(self) -> None:
        origin, destination = self.both()
        year = self.today.year
        draft = origin.run(
            "agreement",
            "draft",
            *("--valid-from", f"{year - 1}-01-01", "--valid-until", f"{year}-12-31"),
            *(
                "--officers-here",
                f"{origin.officer} 10099000501",
                "--officers-there",
                f"{destination.officer} 10099000101",
            ),
            as_staff=origin.officer,
        )
        approval = ("--approved-on", self.today.isoformat(), "--approved-by", "敖其尔")
        origin.run(
            "agreement",
            "propose",
            draft["id"],
            *("--document-number", f"乌旗发〔{year}〕18号", *approval),
            as_staff=origin.secretary,
        )
        self.settle()
        shown = destination.run("agreement", "show", as_staff=destination.secretary)
        say(f"  流入地书记看到协议全文（{len(shown['document'])} 字节），按编号签署。")
        destination.run(
            "agreement",
            "sign",
            shown["version"],
            *("--document-number", f"澜市发〔{year}〕7号"),
            *("--approved-on", self.today.isoformat(), "--approved-by", "沈国栋"),
            as_staff=destination.secretary,
        )
        self.settle()
        for office in self.both():
            state = office.run("agreement", "show", as_staff=office.secretary)["state"]
            if state != "in_force":
                raise Failed(f"协议没有生效：{state}")
        say("  两个签名在两个节点上都核对无误，协议生效。")

    # --- members --------------------------------------------------------------------------------------------

    def import_rosters(self) -> None:
        for office, name in ((self.origin, "origin_bodies.xlsx"), (self.destination, "destination_bodies.xlsx")):
            office.run("body", "import", str(self.sheet(name)), as_staff=office.officer)
        rosters = ("member", "import", str(self.sheet("origin_members.xlsx")))
        found = self.origin.run(
            *rosters, "--outflow", str(self.sheet("origin_outflow.xls")), as_staff=self.origin.officer
        )
        counts = found["counts"]
        remarks = sum(kind["count"] for kind in found["remark_kinds"])
        say(f"  导入党员 {found['members_added']} 人；读入时改动 {remarks} 处，逐条列在结果表里。")
        say(f"  花名册 {counts.get('outflow_added', counts)} 人按身份证号与党员对上。")

    def depart(self) -> None:
        origin = self.origin
        floating = [row for row in self.rows("member.list", origin, "members") if row.destination_place]
        gone = [row for row in floating if "澜江" in row.destination_place]
        left_on = self.month(-11) + "-08"
        for number, row in enumerate(gone, start=1):
            origin.ask(
                "departure.report",
                origin.officer,
                member_id=row.member_id,
                left_on=left_on,
                destination_place="990107",
                reason="work",
                briefed_on=left_on,
            )
            if row.certificate_number is None:
                origin.ask(
                    "certificate.issue",
                    origin.officer,
                    member_id=row.member_id,
                    number=f"9905212026{number:04d}",
                    issued_on=left_on,
                )
        say(f"  {len(floating)} 名流动党员中 {len(gone)} 人去了澜江市，已登记外出前报告，补发缺少的《活动证》。")
        sent = origin.run("departure", "notify-all", "--place-text", "澜江市", as_staff=origin.officer)
        say(f"  已向澜江市通报 {sent['sent_count']} 人；其余 {sent['lacking_count']} 人逐人说明了原因。")
        self.settle()

    def admit(self) -> None:
        destination = self.destination
        notices = list(self.rows("admission.list", destination, "notices"))
        branches = [row for row in self.rows("body.list", destination, "bodies") if "branch" in row.category]
        places = [row for row in branches if row.category in ("branch", "floating_members_organisation")]
        arrived_on = self.month(-11) + "-20"
        refused, *rest = notices
        for number, notice in enumerate(rest):
            destination.ask(
                "admission.give",
                destination.officer,
                subject=notice.subject,
                managing_body=places[number % len(places)].code,
                arrived_on=arrived_on,
                contact_officer="陈支书",
                contact_phone="10099000104",
                certificate_number=notice.certificate_number,
            )
            self.subjects.append(notice.subject)
            self.names[notice.subject] = notice.name
        destination.run(
            "admission", "refuse", refused.subject, "--reason", "lives_elsewhere", as_staff=destination.officer
        )
        self.settle()
        admitted = [row for row in self.rows("movement.list", self.origin, "movements") if row.state == "admitted"]
        say(f"  流入地接收 {len(rest)} 人；流出地看到 {len(admitted)} 人已接收，1 人被退回并有理由。")

    def live_a_year(self) -> None:
        destination = self.destination
        for month in range(-10, 0):
            for event, activity in (
                (f"zbdh-{self.month(month)}", "regular_meeting"),
                (f"zt-{self.month(month)}", "theme_day"),
            ):
                destination.ask(
                    "entry.life_all",
                    destination.officer,
                    subjects=self.subjects,
                    event=event,
                    activity=activity,
                    on=self.month(month) + "-15",
                )
            for subject in self.subjects:
                destination.ask(
                    "entry.dues",
                    destination.officer,
                    subject=subject,
                    month=self.month(month),
                    paid_on=self.month(month) + "-20",
                )
        for quarter in self.quarters():
            destination.ask("feedback.give_all", destination.officer, quarter=quarter, conduct="good")
        self.settle()
        say(f"  两个节点现在共有 {self.origin.shared_records()} 条共管记录。没有登记的一律显示“不掌握”，不算缺席。")

    def survive_a_kill(self) -> None:
        destination = self.destination
        for number in range(6):
            destination.ask(
                "entry.life_all",
                destination.officer,
                subjects=self.subjects,
                event=f"zhiyuan-{number}",
                activity="volunteering",
                on=self.month(-1) + "-25",
            )
        destination.kill()
        waiting = destination.unreceipted()
        say(f"  流入地节点已被 kill -9；它的日志里有 {waiting} 条还没有拿到流出地的回执。")
        destination.start()
        destination.forget_clients()
        self.settle()
        here, there = (office.shared_records() for office in self.both())
        say(f"  重启后自动补齐：流出地 {here} 条，流入地 {there} 条。")
        if here != there:
            raise Failed("两边记录数不同")

    # --- scores ---------------------------------------------------------------------------------------------

    def score(self) -> None:
        on, year = self.month(-1) + "-15", int(self.month(-1)[:4])
        event = f"zbdh-{self.month(-1)}"
        for subject in self.subjects[:12]:
            for office in self.both():
                fields = {"subject": subject, "year": year, "rule": "organisational_life", "event": event, "on": on}
                office.ask("score.contribute", office.officer, **fields)
        subject = self.subjects[0]
        for office, points in ((self.origin, "2"), (self.destination, "5")):
            office.run(
                "score",
                "contribute",
                subject,
                *("--year", str(year), "--rule", "pioneer_post", "--event", "xianfenggang-1", "--on", on),
                *("--points", points),
                as_staff=office.officer,
            )
        self.settle()
        shown = self.origin.run("score", "show", subject, "--year", str(year), as_staff=self.origin.officer)
        for entry in shown["ledger"]["entries"]:
            whose = label("side", entry["witnesses"])
            say(f"  {entry['title']} {entry['event']}：计 {entry['counted']} 分，{whose}赋分")
        found = [office.run("conflict", "list", as_staff=office.officer)["conflicts"] for office in self.both()]
        if [item["id"] for item in found[0]] != [item["id"] for item in found[1]] or len(found[0]) != 1:
            raise Failed(f"两边的冲突不同：{found}")
        say(f"  两个节点列出同一个冲突 {found[0][0]['id'][:16]}…，暂按流出地（主导方）的分值计。")

    def close_the_conflict(self) -> None:
        origin, destination = self.both()
        conflict = destination.run("conflict", "list", as_staff=destination.officer)["conflicts"][0]
        five = next(item for item in conflict["candidates"] if "5" in item["value"])
        destination.run(
            "conflict",
            "propose",
            conflict["id"],
            *("--chosen", five["id"], "--reason", "有服务记录为凭"),
            as_staff=destination.officer,
        )
        self.settle()
        origin.run("conflict", "accept", conflict["id"], as_staff=origin.secretary)
        self.settle()
        for office in self.both():
            if office.run("conflict", "list", as_staff=office.officer)["conflicts"]:
                raise Failed("冲突没有关闭")
        say("  双方都同意，冲突关闭；没有被采用的分值仍可查到。")

    # --- equality and proof -----------------------------------------------------------------------------------

    def reconcile(self) -> None:
        found = self.origin.run("reconcile", "run", as_staff=self.origin.officer)
        if found["result"] != "equal":
            raise Failed(f"对账不一致：{found}")
        if found["records"] <= RECORDS_MIN:
            raise Failed(f"共管记录只有 {found['records']} 条")
        say(f"  {found['records']} 条共管记录逐条一致，往返 {found['rounds']} 次，双方已在声明上签名：")
        for line in (self.root / found["statement"]).read_text(encoding="utf-8").splitlines()[1:3]:
            say(f"    {line}")

    def prove(self) -> None:
        origin = self.origin
        sent = origin.run(
            "notice",
            "send",
            *("--topic", "important_matter", "--title", "换届选举安排", "--text", "请通知在澜江的党员按期参加。"),
            as_staff=origin.officer,
        )
        self.settle()
        exported = origin.run("proof", "export", sent["notice"], as_staff=origin.officer)
        elsewhere = self.root / "另一台电脑"
        elsewhere.mkdir()
        files = [
            shutil.copy(self.root / exported[name], elsewhere) for name in ("proof", "author_card", "partner_card")
        ]
        names = [Path(name).name for name in files]
        command = f"python3 {os.path.relpath('go.py', elsewhere)} run -- proof verify"
        say(f"  $ (cd {os.path.relpath(elsewhere)} && {command} {names[0]} --author {names[1]} --partner {names[2]})")
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "gongguan.cli",
                "proof",
                "verify",
                names[0],
                "--author",
                names[1],
                "--partner",
                names[2],
            ],
            cwd=elsewhere,
            env={**os.environ, "GONGGUAN_LANG": "zh"},
            capture_output=True,
            check=False,
        )
        say("".join(f"    {line}\n" for line in done.stdout.decode().splitlines()).rstrip())
        if done.returncode != 0:
            raise Failed(done.stderr.decode())

    def tamper(self) -> None:
        destination = self.destination
        subject = self.subjects[1]
        with contextlib.closing(sqlite3.connect(destination.database, timeout=20)) as connection, connection:
            connection.execute(
                'UPDATE shared_record SET value = replace(value, \'"status":"single"\', \'"status":"agreed"\') '
                "WHERE subject = ? AND key = ?",
                (subject, f"dues/{self.month(-2)}"),
            )
        say(f"  （用数据库工具改了流入地的一行：{self.names[subject]} {self.month(-2)} 的党费记载）")
        for office in self.both():
            found = office.run("reconcile", "run", as_staff=office.officer)
            listed = [item["record"] for item in found["differences"]]
            say(f"  {office.title}对账：不一致 {len(listed)} 条：{self.names[subject]}的党费 {self.month(-2)}")
            if listed != [f"{subject}/dues/{self.month(-2)}"]:
                raise Failed(f"应当只列出被改的一条：{listed}")
        for office in self.both():
            found = office.run("verify", "run", as_staff=office.officer)
            say(f"  {office.title}核对日志：与日志不符 {found['altered_count']} 条")
        if self.is_agreed("  按日志恢复这一条吗？[y/N] "):
            destination.run("verify", "repair", "--altered", "1", as_staff=destination.officer)
            again = self.origin.run("reconcile", "run", as_staff=self.origin.officer)
            if again["result"] != "equal":
                raise Failed("恢复后仍不一致")
            say(f"  已恢复，再次对账：{again['records']} 条一致。")

    # --- small things -----------------------------------------------------------------------------------------

    def is_agreed(self, question: str) -> bool:
        """A person's yes; without a person the demo says yes and says so."""
        if self.ask_person and sys.stdin.isatty():
            return input(question).strip().lower() in ("y", "yes", "是")
        say(f"{question}y（演示自动回答）")
        return True

    def wait_for(self, is_so: Callable[[], bool], otherwise: str) -> None:
        """Wait until it is so; raises Failed after three minutes."""
        until = time.monotonic() + SETTLE_WAIT_S_MAX
        while not is_so():
            if time.monotonic() > until:
                raise Failed(otherwise)
            time.sleep(0.05)

    def settle(self) -> None:
        """Wait until both nodes hold the other's receipt for everything."""
        self.wait_for(lambda: not any(office.unreceipted() for office in self.both()), "三分钟内没有传完")

    def rows(self, operation: str, office: Office, field: str, **fields: Any) -> Iterator[Any]:
        """The rows of a listing."""
        yield from getattr(office.ask(operation, office.officer, **fields), field)

    def sheet(self, name: str) -> Path:
        """A shipped workbook as a file that an office would have on its desk."""
        path = self.root / name
        shutil.copy(workbook(name), path)
        return path

    def month(self, offset: int) -> str:
        """The month that many months from now, as YYYY-MM."""
        count = self.today.year * 12 + self.today.month - 1 + offset
        return f"{count // 12:04d}-{count % 12 + 1:02d}"

    def quarters(self) -> list[str]:
        """The last four quarters that are over."""
        count = self.today.year * 4 + (self.today.month - 1) // 3
        return [f"{number // 4}Q{number % 4 + 1}" for number in range(count - 4, count)]


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody uses now, below those that a system gives to calls that go out: one of these would
    keep a node that is started again from its port."""
    with contextlib.ExitStack() as stack:
        found: list[int] = []
        while len(found) < count:
            listening, port = stack.enter_context(socket.socket()), PORTS[secrets.randbelow(len(PORTS))]
            with contextlib.suppress(OSError):
                listening.bind(("127.0.0.1", port))
                found.append(port)
        return found
