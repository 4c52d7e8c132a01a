"""``S-``: bytes or fields do not have the required form."""

from typing import Final

from gongguan.protocol.errors.code import ASK_PEER_EN, ASK_PEER_ZH, Code

SCHEMA: Final[dict[str, Code]] = {
    "S-relay-address": Code(
        "中转站地址写得不对",
        "not the address of a relay",
        "写成 https://主机:端口#证书指纹，以 gongguan relay 启动时显示的为准",
        "https://host:port#digest, as gongguan relay prints it when it starts",
    ),
    "S-file-damaged": Code(
        "文件不完整或已损坏",
        "the file is incomplete or damaged",
        "重新复制一次；仍不行就请对方重新导出",
        "copy it once more; else ask the partner to export again",
    ),
    "S-file-several": Code(
        "一个文件里有几份数据包",
        "there are several bundles in one file",
        "用 gongguan bundle import 导入，会逐份办理；仍不行就把每份存成一个文件",
        "take it by gongguan bundle import, which takes each of them; else save each as a file of its own",
    ),
    "S-json": Code("内容不是合规的 JSON", "not JSON of our profile", ASK_PEER_ZH, ASK_PEER_EN),
    "S-not-canonical": Code("内容不是规范编码", "not in canonical form", ASK_PEER_ZH, ASK_PEER_EN),
    "S-type": Code("出现不允许的数据类型", "a type outside the profile", ASK_PEER_ZH, ASK_PEER_EN),
    "S-integer": Code("整数超出范围", "an integer out of range", ASK_PEER_ZH, ASK_PEER_EN),
    "S-text": Code(
        "文字含不允许的字符", "a text with forbidden characters", "去掉不可见字符后重试", "remove invisible characters"
    ),
    "S-depth": Code("内容嵌套太深", "nested too deeply", ASK_PEER_ZH, ASK_PEER_EN),
    "S-note": Code("签名文书格式不对", "not a signed note", "请对方重新导出", "ask for a new export"),
    "S-note-type": Code(
        "文书类型不符", "a note of another type", "核对是不是拿错了文件", "check that it is the right file"
    ),
    "S-checkpoint": Code("日志检查点格式不对", "not a checkpoint", ASK_PEER_ZH, ASK_PEER_EN),
    "S-frontier": Code(
        "日志前沿数据已损坏",
        "not the frontier of a log",
        "运行 gongguan doctor 检查数据目录",
        "run gongguan doctor on the data folder",
    ),
    "S-proof": Code("证明文件格式不对", "not a proof file", "请重新导出证明", "export the proof again"),
    "S-case": Code("案卷文件格式不对", "not a case file", "请重新导出案卷", "export the case again"),
    "S-request": Code(
        "请求的内容不对：缺少字段、多了字段或写法不对",
        "a field is missing, unknown or malformed",
        "按提示改正这一项；各项说明见命令的 --help",
        "correct the field that is named; see --help of the command",
    ),
    "S-operation": Code(
        "没有这项操作", "no such operation", "运行 gongguan --help 查看可用的命令", "see gongguan --help"
    ),
    "S-erased": Code(
        "已删除消息的占位内容格式不对",
        "what stands for an erased message is malformed",
        ASK_PEER_ZH,
        ASK_PEER_EN,
    ),
    "S-attachment": Code(
        "附件不是 PDF、JPEG 或 PNG 文件，或文件不完整",
        "the file is no PDF, JPEG or PNG, or not all of it",
        "请另存为这三种格式之一；按内容核对，与文件名无关",
        "save it as one of these; its content counts, not its name",
    ),
    "S-certificate-token": Code(
        "不是活动证上的二维码内容，或内容不完整",
        "not the code of a certificate, or not all of it",
        "重新扫描；扫不出的，联网向流出地查验证号",
        "scan it again; else ask the origin about the number",
    ),
    "S-readable": Code(
        "文书格式不对，或文字与数据不一致",
        "not such a document, or its words are not those of its data",
        "不要采信，请对方重新导出",
        "do not rely on it; ask for a new export",
    ),
    "S-pairing-packet": Code(
        "不是结对文件，或文件已损坏",
        "not a pairing file, or damaged",
        "核对文件，或请对方重新导出",
        "check the file, or ask for a new export",
    ),
    "S-message": Code("不是合规的消息", "not a message", ASK_PEER_ZH, ASK_PEER_EN),
    "S-bundle": Code("数据包格式不对", "not a well-formed bundle", "请对方重新导出数据包", "ask for the bundle again"),
    "S-subject": Code(
        "消息应当（或不应当）指明党员", "a subject where none belongs, or none", ASK_PEER_ZH, ASK_PEER_EN
    ),
    "S-date": Code("日期不存在", "no such day or time", "核对日期", "check the date"),
    "S-agreement": Code("此类消息不引用协议", "this kind cites no agreement", ASK_PEER_ZH, ASK_PEER_EN),
}
