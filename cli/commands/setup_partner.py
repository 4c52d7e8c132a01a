"""The steps of ``gongguan setup`` that two committees take together: pairing, then the agreement.

After each act it says what the other side has to do now; while the other side is at work it waits, looks again when
asked to, and takes the files that the other side hands over.
"""

import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import click

from gongguan.cli import prompts
from gongguan.cli.commands.setup_steps import POLL_S, act_as
from gongguan.cli.locale import _
from gongguan.cli.readable import in_china, prose_of
from gongguan.cli.situation import OFFICER, OUTGOING, SECRETARY, Situation, ask, look
from gongguan.node import clock
from gongguan.node.files.new_files import keep
from gongguan.protocol.errors import refuse
from gongguan.sync.days import today

LOOK_S_MAX: Final = 10.0
"""How long one "look again" waits for the partner's message; two nodes that reach each other need a second."""
TERM_DAYS: Final = 364


def pair(situation: Situation) -> None:
    """The next step of the pairing: invite or accept, compare, wait."""
    officer = act_as(situation, OFFICER)
    if officer is None:
        return
    partner = situation.partner
    if partner is not None and partner.state == "confirmed_here":
        _await_confirmation(situation, officer)
    elif partner is not None:
        _compare(situation, officer)
    elif situation.invitation.exists():
        _await_acceptance(situation, officer)
    else:
        ways = {"1": _("由我们发出邀请"), "2": _("接收对方的邀请文件")}
        way = prompts.choose(_("怎样与对方结对？双方约定由一方邀请（通常是流出地）。"), ways)
        (_invite if way == "1" else _take_file)(situation, officer)


def agree(situation: Situation) -> None:
    """The next step of the agreement: draft, propose, sign or wait."""
    found = situation.agreement
    if found is None and situation.people.keys() & {OFFICER, SECRETARY}:
        _begin_agreement(situation)
    elif found is None:
        act_as(situation, OFFICER)
    elif found.state == "draft":
        _propose(situation)
    elif found.proposed_by == "there":
        _answer(situation)
    else:
        print(_("本方已签名并提出协议，版本摘要 {version}。").format(version=found.version))
        print(_("对方现在要做：书记核对版本摘要，运行 gongguan setup（或 gongguan agreement sign）签署。"))
        _wait(situation, {})


# --- pairing ------------------------------------------------------------------------------------------------------


def _invite(situation: Situation, officer: str) -> None:
    answer = ask(situation.running, officer, "peer.invite")
    _keep(situation.invitation, answer.file)
    until = in_china(answer.expires_at)
    print(_("邀请文件：{file}，有效至 {until}。").format(file=situation.invitation, until=until))
    print(_("对方现在要做：收到这个文件后运行 gongguan setup，选“接收对方的邀请文件”。"))


def _await_acceptance(situation: Situation, officer: str) -> None:
    print(_("已邀请，等对方接收。邀请文件：{file}").format(file=situation.invitation))
    print(_("对方现在要做：收到这个文件后运行 gongguan setup，选“接收对方的邀请文件”。"))
    acts = {
        "2": (_("对方交回了结对文件，现在读入"), lambda: _take_file(situation, officer)),
        "3": (_("重新做一份邀请文件"), lambda: _invite(situation, officer)),
    }
    _wait(situation, acts)


def _take_file(situation: Situation, officer: str) -> None:
    given = prompts.ask_file(_("对方的结对文件"))
    assert given is not None  # it is not optional
    answer = ask(situation.running, officer, "peer.accept", file=given[1])
    print(_("已收到{title}的名片，对方经办人{officer}。").format(title=answer.title, officer=answer.officer))
    _hand_over(situation, answer)


def _compare(situation: Situation, officer: str) -> None:
    """Both read their digits aloud; ours are shown, theirs are typed."""
    partner = situation.partner
    own = ask(situation.running, officer, "peer.card")
    print(_("请打电话核对（电话号码不得取自名片或文件），对方：{title}。").format(title=partner.title))
    print(_("念给对方听的本节点核对码："))
    print(f"    {own.fingerprint}")
    print(_("对方现在要做：运行 gongguan setup，念出对方屏幕上的核对码，并输入你念的核对码。"))
    digits = prompts.ask(_("对方念的核对码（40 位数字，输入 q 先离开）"))
    if digits.lower() == prompts.LEAVE:
        raise prompts.Left
    if "".join(digits.split()) == "".join(own.fingerprint.split()):
        print(_("这是本节点自己的核对码；请输入对方念的。"))
        return
    answer = ask(situation.running, officer, "peer.confirm", peer=partner.peer, fingerprint=digits)
    print(_("核对一致，结对记录已由本方签名。"))
    _hand_over(situation, answer)


def _await_confirmation(situation: Situation, officer: str) -> None:
    partner = situation.partner
    own = ask(situation.running, officer, "peer.card")
    print(_("本方已核对并签名，等{title}核对。").format(title=partner.title))
    print(_("念给对方听的本节点核对码："))
    print(f"    {own.fingerprint}")
    print(_("对方现在要做：运行 gongguan setup，输入上面的核对码。"))
    _wait(situation, {"2": (_("对方交回了结对文件，现在读入"), lambda: _take_file(situation, officer))})


def _hand_over(situation: Situation, answer: Any) -> None:
    if answer.file is None:
        print(_("系统会自动告诉对方；联系不上时，用 gongguan peer file 取得要交给对方的文件。"))
        return
    path = situation.folder / OUTGOING / f"结对文件-{answer.peer[:8]}.json"
    _keep(path, answer.file)
    print(_("对方没有联络地址，请把这个文件交给对方：{file}").format(file=path))


# --- agreement ----------------------------------------------------------------------------------------------------


def _begin_agreement(situation: Situation) -> None:
    if situation.agreement_over:
        print(_("原协议已到期或终止。续签：gongguan agreement amend；另订：先与对方商量。"))
        raise prompts.Left
    if situation.declined is not None:
        who = situation.people.get(OFFICER) or situation.people[SECRETARY]
        reason = ask(situation.running, who, "agreement.show", id=situation.declined.id).reason
        print(_("上一份文本没有签成，理由：{reason}").format(reason=reason or _("未写")))
    ways = {"1": _("由本方起草"), "2": _("等对方提出")}
    if prompts.choose(_("协议由哪一方起草？双方约定一方起草即可。"), ways) == "2":
        print(_("对方现在要做：运行 gongguan setup，起草并由书记提出协议。"))
        _wait(situation, {})
        return
    officer = act_as(situation, OFFICER)
    if officer is None:
        return
    start = prompts.ask_day(_("协议自哪天起"), today(clock.now()))
    until = prompts.ask_day(_("至哪天止"), date.fromisoformat(start) + timedelta(days=TERM_DAYS))
    print(_("双方各有一名接收党员的专人，写成“姓名 电话”。"))
    here = prompts.ask(_("本方接收专人"), check=_named_with_phone)
    there = prompts.ask(_("对方接收专人"), check=_named_with_phone)
    drafted = ask(
        situation.running,
        officer,
        "agreement.draft",
        valid_from=start,
        valid_until=until,
        officers_here=[here],
        officers_there=[there],
        peer=situation.partner.peer,
    )
    print(_("草稿已存，编号 {id}，用的是默认文本和示例积分规则。").format(id=drafted.id))
    print(_("下一步由书记看过文本后签名提出。"))


def _named_with_phone(given: str) -> str:
    """Whom the agreement names, asked for again at once where the telephone is missing."""
    if not any(mark.isdecimal() for mark in given):
        raise click.UsageError(_("姓名后面写上电话，例如：李明 0571-12345678"))
    return given


def _propose(situation: Situation) -> None:
    secretary = act_as(situation, SECRETARY)
    if secretary is None:
        return
    shown = _show(situation, secretary)
    options = {"1": _("签名并向对方提出"), "2": _("另起草一份（原草稿留着不用）")}
    if prompts.choose(_("这份草稿怎样办？"), options) == "2":
        _begin_agreement(situation)
        return
    agreed = ask(situation.running, secretary, "agreement.propose", draft=shown.id, **_approval())
    print(_("已签名并提出，版本摘要 {version}。").format(version=agreed.version))
    print(_("对方现在要做：书记核对版本摘要，运行 gongguan setup（或 gongguan agreement sign）签署。"))


def _answer(situation: Situation) -> None:
    secretary = act_as(situation, SECRETARY)
    if secretary is None:
        return
    shown = _show(situation, secretary)
    options = {"1": _("签署"), "2": _("不同意")}
    if prompts.choose(_("这是{peer}提出的协议。书记怎样答复？").format(peer=shown.peer), options) == "2":
        reason = prompts.ask(_("理由"))
        ask(situation.running, secretary, "agreement.decline", proposal=shown.id, reason=reason)
        print(_("已答复不同意。对方现在要做：修改后重新提出。"))
        return
    ask(situation.running, secretary, "agreement.sign", version=shown.version, proposal=shown.id, **_approval())
    print(_("已签署。对方现在不用再签；对方节点收到签名后协议生效。"))


def _show(situation: Situation, who: str) -> Any:
    shown = ask(situation.running, who, "agreement.show", id=situation.agreement.id)
    print(prose_of(shown.document))
    print(_("（以上是正文；同样内容的机器文本和签名行见 gongguan agreement show --save）"))
    for line in shown.approvals:
        print(
            _("{party}已批准：{number}，{day}，{leader}").format(
                party=line.party, number=line.document_number, day=line.approved_on, leader=line.approved_by
            )
        )
    print(_("版本摘要（电话里与对方核对）：{version}").format(version=shown.version))
    if shown.missing:
        raise refuse("G-incomplete", missing=shown.missing)
    return shown


def _approval() -> dict[str, object]:
    print(_("请填写本党委的批准情况。"))
    fields: dict[str, object] = {
        "document_number": prompts.ask(_("文号，如 苏木党发〔2026〕8号")),
        "approved_on": prompts.ask_day(_("批准日期"), today(clock.now())),
        "approved_by": prompts.ask(_("批准的领导姓名")),
    }
    scan = prompts.ask_file(_("盖章扫描件文件（PDF 或图片；没有就直接回车）"), optional=True)
    return fields if scan is None else {**fields, "scan": scan[1]}


# --- waiting ------------------------------------------------------------------------------------------------------


def _wait(situation: Situation, acts: dict[str, tuple[str, Callable[[], None]]]) -> None:
    """Until the partner has acted, the person has a file, or leaves."""
    options = {"1": _("看看对方办好没有")} | {key: title for key, (title, _act) in acts.items()}
    chosen = prompts.choose(_("现在等对方。"), options)
    if chosen in acts:
        acts[chosen][1]()
        return
    until = clock.monotonic() + LOOK_S_MAX
    while look(situation.folder).status() == situation.status():
        if clock.monotonic() > until:
            print(_("对方还没有办好。联系情况见 gongguan peer list。"))
            print(_("没有网络时用 gongguan bundle export / import 交换文件。"))
            return
        time.sleep(POLL_S)


def _keep(path: Path, data: bytes) -> None:
    """A file for the partner, readable by its owner only. Raises I-folder-not-writable."""
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        keep(path, data)
    except OSError as error:
        raise refuse("I-folder-not-writable", folder=str(path.parent), reason=error.strerror or "") from None
