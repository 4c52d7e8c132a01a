"""``T-``: the other side could not be reached, or what answered is nothing of ours. Nearly always tried again."""

from typing import Final

from gongguan.protocol.errors.code import Code

TRANSPORT: Final[dict[str, Code]] = {
    "T-unreachable": Code(
        "暂时联系不上对方节点",
        "the partner cannot be reached",
        "不用处理，系统会一直重试；长时间不通请打电话核实",
        "nothing: delivery goes on by itself; phone the partner if it lasts",
    ),
    "T-not-a-bundle": Code(
        "收到的不是共管数据包",
        "the answer is not a bundle",
        "文件：核对是不是拿错了；网络：检查对方地址是否填对，中间是否有代理改写内容",
        "a file: check that it is the right one; a line: check the address, and whether a proxy answers instead",
    ),
    "T-relay-no-mailbox": Code(
        "对方还没有在中转站开设信箱",
        "the partner has not opened its mailbox at the relay yet",
        "不用处理，系统会一直重试；长时间不变请打电话，请对方启动节点",
        "nothing: it is tried again; phone the partner to start its node if it lasts",
    ),
    "T-relay": Code(
        "中转站的答复不合规",
        "the relay answered nonsense",
        "核对中转站地址；请管理中转站的技术人员检查",
        "check the address of the relay, and ask those who run it",
    ),
    "T-node-not-running": Code(
        "本节点没有运行",
        "this node is not running",
        "先启动：gongguan serve；数据不在 ./gongguan-data 时加 --data",
        "start it: gongguan serve; use --data if its folder is not ./gongguan-data",
    ),
    "T-node-none": Code(
        "这个文件夹里没有节点",
        "there is no node in this folder",
        "在别的文件夹：加 --data；在别的电脑上：gongguan login https://节点地址:8600 姓名；还没有：gongguan setup",
        "name its folder by --data; elsewhere: gongguan login https://NODE:8600 NAME; none yet: gongguan setup",
    ),
    "T-node-folder": Code(
        "当前账号不能读数据文件夹",
        "this account may not read the data folder",
        "用 --node 指明工作人员接口的地址（如 http://127.0.0.1:8700），或以运行节点的账号办理",
        "name the staff API by --node (http://127.0.0.1:8700), or work as the account of the node",
    ),
    "T-node-answer": Code(
        "这个地址上答话的不是共管节点",
        "what answers there is not a node of ours",
        "重新启动节点：gongguan serve",
        "start the node again: gongguan serve",
    ),
    "T-desk-not-reached": Code(
        "连不上这个节点",
        "this node cannot be reached",
        "核对地址和端口；请管理节点的人看它是否在运行，是否写了 desk_host",
        "check address and port; ask those who run it whether it runs and has a desk_host",
    ),
    "T-timeout": Code(
        "对方节点没有按时答复",
        "the partner did not answer in time",
        "不用处理，系统会一直重试",
        "nothing: delivery goes on by itself",
    ),
    "T-certificate": Code(
        "对方服务器的证书与其名片不符",
        "the server's certificate is not the one on the partner's card",
        "不要绕过；打电话核实对方地址，或请对方换发名片",
        "do not work around it: phone the partner about address and card",
    ),
    "T-refused-there": Code(
        "对方节点拒绝了这次交换",
        "the partner's node refused",
        "看拒绝代码；长时间不变请打电话核实",
        "see the code of the refusal; phone the partner if it lasts",
    ),
    "T-no-progress": Code(
        "对方有答复，但没有收下我方的消息",
        "the partner answers but receipts nothing of ours",
        "请对方技术人员查看其节点日志",
        "ask the partner's technician to look at the log of their node",
    ),
    "T-no-answer": Code(
        "对方一直没有答复",
        "the partner did not answer in time",
        "确认对方节点在运行，稍后再试",
        "see that the partner runs and try again",
    ),
}
