"""``I-``: our own fault, or that of this machine, its database and its data folder."""

from typing import Final

from gongguan.protocol.errors.code import ASK_TECHNICIAN_EN, ASK_TECHNICIAN_ZH, Code

INTERNAL: Final[dict[str, Code]] = {
    "I-own-card": Code(
        "本节点的名片缺失或与密钥不符",
        "the card of this node is missing or does not fit its keys",
        "运行 gongguan doctor 检查",
        "run gongguan doctor",
    ),
    "I-already-stored": Code(
        "这条记录已经存在",
        "a record with this key or unique value is already stored",
        "先查询已有记录，不要重复登记",
        "look at the record that exists; do not enter it again",
    ),
    "I-commit-unknown": Code(
        "保存到数据库时中断，结果不确定",
        "the database did not say whether the commit took effect",
        "重新启动节点，核对最后一次操作是否已生效",
        "restart the node and look whether the last action took effect",
    ),
    "I-database": Code(
        "数据库出错",
        "the database reported an error",
        "运行 gongguan doctor；仍有问题请把代码告诉技术人员",
        "run gongguan doctor; if it stays, tell your technician this code",
    ),
    "I-database-read-only": Code(
        "数据库是只读的，不能保存",
        "the database is read-only",
        "检查数据目录的权限和磁盘是否被挂载为只读",
        "check the permissions of the data folder and whether the disk is mounted read-only",
    ),
    "I-database-damaged": Code(
        "数据库文件已损坏",
        "the database file is damaged",
        "停止节点，保留原文件，从备份恢复",
        "stop the node, keep the file, restore from a backup",
    ),
    "I-database-disk": Code(
        "读写数据库文件失败",
        "the database file cannot be read or written",
        "检查磁盘和数据目录权限",
        "check the disk and the permissions of the data folder",
    ),
    "I-database-settings": Code(
        "数据库不能按要求的安全方式运行",
        "the database did not accept a setting that durability depends on",
        "把数据目录放到本机磁盘上，不要放在网络共享目录",
        "keep the data folder on a local disk, not on a network share",
    ),
    "I-database-newer": Code(
        "数据库由更新版本的软件写成",
        "the database was written by a newer version of this software",
        "升级软件后再启动，不要用旧版本打开",
        "upgrade the software; do not open it with this version",
    ),
    "I-folder-in-use": Code(
        "数据目录正被另一个节点进程使用",
        "another process is using this data folder",
        "先停止正在运行的节点，再启动",
        "stop the running node first",
    ),
    "I-folder-not-writable": Code(
        "数据目录不能写入",
        "the data folder cannot be written",
        "检查目录是否存在、所有者和权限是否正确",
        "check that it exists and who owns it",
    ),
    "I-sealed-field": Code(
        "加密保存的内容解不开",
        "a sealed value does not open with this node's data key",
        "检查密钥文件和数据库是否来自同一份备份",
        "check that the key file and the database come from the same backup",
    ),
    "I-internal": Code(
        "程序内部出错，已记入日志",
        "an internal error; it is in the log",
        "请把时间和这个代码告诉技术人员",
        "tell the technician the time and this code",
    ),
    "I-poison": Code(
        "处理这条消息时本节点软件多次出错，已暂存",
        "this node's software failed on the message several times; it is held",
        "请把消息编号告诉技术人员，升级后重试：gongguan quarantine retry",
        "give the message id to your technician; after an upgrade try again: gongguan quarantine retry",
    ),
    "I-card-missing": Code("本机缺少名片记录", "a card is missing here", ASK_TECHNICIAN_ZH, ASK_TECHNICIAN_EN),
    "I-log-incomplete": Code(
        "本机日志缺了一段", "this node's log lacks a part", "停止使用并从备份恢复", "stop and restore from a backup"
    ),
    "I-no-exchange": Code("此操作没有接上交换部分", "no exchange in this act", ASK_TECHNICIAN_ZH, ASK_TECHNICIAN_EN),
    "I-no-epoch": Code("日志时段没有打开", "no epoch is open", ASK_TECHNICIAN_ZH, ASK_TECHNICIAN_EN),
    "I-port-in-use": Code(
        "端口已被占用",
        "the port is in use",
        "换一个端口，或先停掉占用它的程序（也许本节点已经在运行）",
        "choose another port, or stop the program that holds it: perhaps this node already runs",
    ),
    "I-not-loopback": Code(
        "工作人员接口只能开在本机",
        "the staff API listens on loopback only",
        "地址用 127.0.0.1；要远程办理请先登录到这台机器",
        "use 127.0.0.1; to work from elsewhere log in to this machine first",
    ),
    "I-backup": Code(
        "备份没有完成",
        "the backup was not made or not put back",
        "按所列问题处理后再试；原来的数据没有动",
        "see to the problem named and try again; the data that was there is untouched",
    ),
    "I-restore-keys": Code(
        "备份里没有密钥，要放回的文件夹里也没有",
        "the backup holds no keys, and the folder to put it into holds none either",
        "先把另行保管的 keys 文件夹复制到这里再放回；不要运行 gongguan init，那会建立另一个节点",
        "copy the folder keys that is kept apart to this place first; gongguan init would make another node",
    ),
    "I-config": Code(
        "配置文件 gongguan.toml 有误",
        "a mistake in gongguan.toml",
        "按提示改正这一项后重新启动",
        "correct what is named and start again",
    ),
    "I-audit-broken": Code(
        "审计记录被改动过：从这一条起接不上",
        "the audit was altered: from this entry on the chain does not hold",
        "保留现场，不要继续办理；请技术人员与备份中的审计记录比对",
        "leave everything as it is and stop; have it compared with the audit in a backup",
    ),
}
