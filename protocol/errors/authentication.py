"""``A-``: a signature, key, card, token or password does not hold."""

from typing import Final

from gongguan.protocol.errors.code import Code

AUTHENTICATION: Final[dict[str, Code]] = {
    "A-signature": Code(
        "签名不对，内容可能被改过",
        "a signature does not verify",
        "不要使用这份内容，请对方重新发送",
        "do not use it; ask for it again",
    ),
    "A-no-known-signer": Code(
        "没有一个签名来自已知的密钥",
        "no signature is by a known key",
        "核对是不是发错了文件或对方换了密钥",
        "check the file, or whether the partner's key changed",
    ),
    "A-signer-missing": Code(
        "缺少应有的签名",
        "a required signature is missing",
        "请还没有签名的一方签名后再发来",
        "ask the party that has not signed yet to sign",
    ),
    "A-weak-key": Code(
        "公钥不合格，不能登记",
        "the public key is not acceptable",
        "请对方重新生成密钥后再登记",
        "ask the partner for a new key",
    ),
    "A-key-in-two-roles": Code(
        "同一公钥用在两处",
        "one public key is used in two roles or cards",
        "请对方重新生成名片",
        "ask the partner for a new card",
    ),
    "A-cannot-open": Code(
        "解不开：不是发给本节点的，或文件已损坏",
        "cannot be opened: not for this node, or damaged",
        "请对方确认收件节点后重新导出",
        "ask for a new export to this node",
    ),
    "A-login": Code(
        "姓名或密码不对，或者连续输错后被锁定",
        "wrong name or password, or locked after repeated failures",
        "核对后再试；连续错 5 次锁定 15 分钟，忘记密码请系统管理员重设",
        "check both; five failures lock for 15 minutes; the system administrator can set a new password",
    ),
    "A-desk-unknown": Code(
        "还没有核对过这个节点的证书，没有发送任何内容",
        "this node's certificate was never compared; nothing was sent",
        "向管理节点的人问清证书数字，再运行 gongguan login https://节点地址 姓名 --fingerprint 数字",
        "ask those who run the node for the digits, then gongguan login https://NODE NAME --fingerprint DIGITS",
    ),
    "A-desk-certificate": Code(
        "节点的证书与以前核对过的不同，没有发送任何内容",
        "the node shows another certificate than the one compared; nothing was sent",
        "可能有人冒充：先打电话问管理节点的人；确实换过证书的，加 --renew 再登录并核对新的数字",
        "somebody may pose as the node: ask those who run it; if it was renewed, log in with --renew and compare again",
    ),
    "A-token": Code(
        "没有登录，或登录已过期",
        "not logged in, or the login has expired",
        "请重新登录：gongguan login",
        "log in again: gongguan login",
    ),
    "A-role": Code(
        "您的角色不能办理这项操作",
        "your role does not allow this",
        "请有相应角色的同事办理；角色由系统管理员设定",
        "ask a colleague with that role; the system administrator assigns roles",
    ),
    "A-subtree": Code(
        "这个组织不在您管理的范围内",
        "that body is outside your part of the tree",
        "请该组织或上级的工作人员办理",
        "ask the staff of that body or of one above it",
    ),
    "A-node-id": Code(
        "节点编号与创始密钥不符，名片是伪造的或已损坏",
        "the node id does not belong to the genesis key",
        "不要使用这张名片，打电话请对方重新导出",
        "do not use the card; phone the partner for a new export",
    ),
    "A-card-chain": Code(
        "新名片没有接上旧名片",
        "the card does not continue the one before",
        "请对方导出完整的名片（含历次更换记录）",
        "ask the partner for its card with all earlier ones",
    ),
    "A-card-older": Code(
        "收到的名片比已有的旧",
        "an older card than the one held",
        "请对方导出现在使用的名片",
        "ask the partner for its present card",
    ),
    "A-key-retired": Code(
        "这是已经停用的密钥签的",
        "signed by a key that has been replaced",
        "不用处理：对方用现在的密钥会重新送来；反复出现时，打电话问对方是不是换回了旧的密钥文件，或有人盗用旧密钥",
        "nothing: the partner sends it again under its present key; if it goes on, phone the partner: it may run on an "
        "old key file, or somebody uses a stolen one",
    ),
    "A-card-unknown": Code(
        "对方持有本节点更新的名片，本机没有：这里的密钥文件是旧的",
        "the partner holds a newer card of this node than is here: this key file is an old one",
        "停机，放回更换密钥以后复制的 keys 文件夹；没有了，见 docs/operations.md“密钥全部丢失”",
        "stop the node and put back the folder keys as copied after the change; without one see docs/operations.md",
    ),
    "A-invitation": Code(
        "邀请码不对、已用过或已过期",
        "the invitation is unknown, used or expired",
        "请发出邀请的一方重新邀请",
        "ask the inviting side for a new invitation",
    ),
    "A-key-file-passphrase": Code(
        "口令打不开密钥文件",
        "the pass-phrase does not open the key file",
        "核对口令；忘记口令时用恢复单：gongguan keys recover",
        "check it; if it is forgotten, use the recovery sheet: gongguan keys recover",
    ),
    "A-key-file-name": Code(
        "密钥文件里没有这个人的口令",
        "no pass-phrase under this name in the key file",
        "用 gongguan keys list 查看有谁的口令",
        "see gongguan keys list",
    ),
    "A-key-file-name-taken": Code(
        "这个人在密钥文件里已经有口令",
        "there is a pass-phrase under this name already",
        "要更换口令：gongguan keys passphrase --change 姓名",
        "to change it: gongguan keys passphrase --change NAME",
    ),
    "A-key-file-last": Code(
        "这是密钥文件最后一个口令，不能去掉",
        "the last pass-phrase of the key file cannot be removed",
        "先为另一个人加上口令：gongguan keys passphrase --add 姓名",
        "add one for somebody else first: gongguan keys passphrase --add NAME",
    ),
    "A-key-file-many": Code(
        "密钥文件的口令已经够多",
        "the key file has as many pass-phrases as it may",
        "先去掉不再需要的：gongguan keys passphrase --remove 姓名",
        "remove one that is not needed: gongguan keys passphrase --remove NAME",
    ),
    "A-key-file-service": Code(
        "服务文件缺失，或与密钥文件不配",
        "the service file is missing or does not belong to the key file",
        "用口令启动：gongguan serve --ask-passphrase；口令也没有时用恢复单：gongguan keys recover",
        "start by the pass-phrase: gongguan serve --ask-passphrase; without it: gongguan keys recover",
    ),
    "A-key-file-recovery": Code(
        "恢复单打不开密钥文件",
        "the recovery sheet does not open the key file",
        "核对是不是本节点的恢复单，再逐组核对",
        "check that it is the sheet of this node, then each group",
    ),
    "A-key-file-sheet": Code(
        "恢复单抄错了",
        "the recovery sheet was mistyped",
        "核对列出的那几组",
        "check the groups that are listed",
    ),
    "A-key-file-damaged": Code(
        "密钥文件已损坏",
        "the key file is damaged",
        "停止节点，从密钥备份恢复 keys 目录",
        "stop the node and restore the folder keys from its backup",
    ),
    "A-key-file-missing": Code(
        "数据目录里没有密钥文件，节点还没有初始化",
        "the data folder holds no key file: the node was not set up",
        "先运行 gongguan init；或用 --data 指明正确的目录",
        "run gongguan init first, or name the right folder by --data",
    ),
    "A-key-file-older": Code(
        "密钥文件比数据库里的名片旧",
        "the key file is older than the card in the database",
        "放回更换密钥以后复制的 keys 文件夹，再启动",
        "put back the folder keys as copied after the keys were changed, then start again",
    ),
    "A-key-file-exists": Code(
        "这个数据目录已经初始化过",
        "this data folder was set up already",
        "直接运行 gongguan serve；要另建节点请换一个目录",
        "run gongguan serve; for another node take another folder",
    ),
}
