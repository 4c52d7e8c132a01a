"""``R-``: a bound was reached."""

from typing import Final

from gongguan.protocol.errors.code import Code

RESOURCE: Final[dict[str, Code]] = {
    "R-relay-full": Code(
        "中转站的信箱已满",
        "the mailbox at the relay is full",
        "不用处理，系统会一直重试；长时间不变请对方检查节点是否在运行",
        "nothing: it is tried again; ask the partner whether its node runs if it lasts",
    ),
    "R-relay-rate": Code(
        "对中转站的请求太频繁",
        "too many requests to the relay",
        "不用处理，系统会稍后重试",
        "nothing: it is tried again later",
    ),
    "R-cards": Code(
        "本节点的名片已更换到次数上限",
        "this node has had as many cards as one may have",
        "改以新节点重新结对，见 docs/operations.md“密钥全部丢失”",
        "set up a new node and pair it anew, see docs/operations.md",
    ),
    "R-too-large": Code("内容超过大小上限", "larger than the limit", "分成几份再发", "split it"),
    "R-digest": Code(
        "两边差异太多，无法逐条列出",
        "too many differences to list",
        "两边先各运行 gongguan verify，再对账",
        "run gongguan verify on both sides, then reconcile again",
    ),
    "R-disk-full": Code(
        "磁盘已满，没有保存",
        "the disk is full; nothing was stored",
        "清理磁盘空间后重试",
        "free some disk space and try again",
    ),
    "R-database-busy": Code(
        "数据库正忙，没有保存",
        "the database is busy; nothing was stored",
        "稍后重试",
        "try again in a moment",
    ),
    "R-token-too-long": Code(
        "证号和姓名太长，二维码放不下",
        "number and name are too long for the code",
        "不印二维码，凭证号联网查验",
        "print no code: the number can be asked about",
    ),
    "R-quota": Code(
        "对方的消息已达到本节点为其留出的存储上限，暂不接收",
        "this partner's messages have reached the bound that this node keeps for them",
        "先查明原因；需要更多空间时，由技术人员提高 gongguan.toml 里的 limits.peer_bytes_max 后重新启动",
        "find out why; where more is needed the technician raises limits.peer_bytes_max in gongguan.toml",
    ),
    "R-attachment-size": Code(
        "附件超过 8 MiB",
        "the file is larger than 8 MiB",
        "降低扫描分辨率，或只扫描需要的页",
        "scan with fewer dots per inch, or only the pages that are needed",
    ),
    "R-epochs": Code(
        "对方今天新开的日志时段太多",
        "the partner opened too many epochs today",
        "请对方检查节点为何反复重启；明天自动继续",
        "ask the partner why its node restarts so often; it goes on tomorrow",
    ),
    "R-held-full": Code(
        "本方暂存的消息太多，对方的新消息暂不收取",
        "this node holds too many messages, so it takes no more of the partner's for now",
        "升级软件，或放行、请对方撤回已暂存的消息：gongguan quarantine list",
        "upgrade the software, or release what is held, or have it withdrawn: gongguan quarantine list",
    ),
    "R-busy": Code(
        "节点正忙，请按提示的时间再来",
        "the node is busy; come again after the time that is given",
        "不用处理，系统会自动重试",
        "nothing: it is tried again",
    ),
    "R-slow": Code(
        "数据传得太慢，已中断",
        "the data came too slowly",
        "检查网络后重试",
        "check the network and try again",
    ),
}
