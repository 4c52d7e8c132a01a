"""``D-``: files, sheets, their columns, rows and cells, and batches that were taken."""

from typing import Final

from gongguan.protocol.errors.code import Code

SHEETS: Final[dict[str, Code]] = {
    "D-file-elsewhere": Code(
        "这份数据包不是给本节点的",
        "this bundle is for another node",
        "不用处理；把文件交给它的收件节点",
        "nothing: hand it to the node that it is for",
    ),
    "D-file-missing": Code("找不到这个文件", "no such file", "核对文件名和文件夹", "check the name and the folder"),
    "D-file-lock": Code(
        "这是 WPS 或 Excel 打开文件时留下的临时文件，不是表",
        "this is what WPS or Excel leaves beside a file that is open, not the file",
        "在 WPS 里保存并关闭，再交同名、前面没有 ~$ 的那一份",
        "save and close it there, then hand in the file of that name without ~$",
    ),
    "D-file-folder": Code(
        "这是一个文件夹，不是文件", "this is a folder, not a file", "写出里面的那个文件", "name the file in it"
    ),
    "D-file-permission": Code(
        "没有读取这个文件的权限",
        "no permission to read the file",
        "请放文件的人放开读取权限（chmod a+r），或复制一份到自己的文件夹",
        "ask its owner for permission (chmod a+r), or copy it to a folder of yours",
    ),
    "D-file-unreadable": Code(
        "文件打不开，可能已损坏",
        "the file cannot be read, it may be damaged",
        "用 WPS 打开后另存为 .xlsx 再试",
        "open it in WPS or Excel, save it as .xlsx, try again",
    ),
    "D-file-unwritable": Code(
        "文件写不进去",
        "the file cannot be written",
        "换一个有写入权限、空间够用的文件夹",
        "choose a folder that you may write to",
    ),
    "D-file-not-kept": Code(
        "事情已经办好，只是结果文件写不进去",
        "what was asked for is done, only the file with its result cannot be written",
        "不要再办一次；腾出空间或换一个文件夹，再用查看、导出的命令取这份文件",
        "do not do it again; make room or change the folder, then get the file by the command that shows or exports it",
    ),
    "D-file-password": Code(
        "文件设了打开密码",
        "the file is protected by a password",
        "取消密码后另存一份再导入",
        "save a copy without password",
    ),
    "D-file-kind": Code(
        "不是电子表格（内容不是 .xlsx、.xls 或 .csv）",
        "not a spreadsheet: neither .xlsx nor .xls nor .csv",
        "用 WPS 打开后另存为 .xlsx；只改扩展名不行",
        "open it in WPS or Excel and save it as .xlsx; renaming does not help",
    ),
    "D-file-too-large": Code(
        "表格太大",
        "the spreadsheet is too large",
        "删去多余的行列和图片，或分成几个文件",
        "remove surplus rows or split it",
    ),
    "D-file-date-system": Code(
        "表格用的是 1904 年日期系统，日期会差四年",
        "the workbook counts days from 1904: dates would be four years off",
        "在表格选项里取消“1904 日期系统”，核对日期后再存",
        "switch off the 1904 date system, check the dates, save again",
    ),
    "D-sheet-empty": Code(
        "工作表里没有数据", "the sheet holds no data", "核对是不是选错了文件", "check that it is the right file"
    ),
    "D-header-none": Code(
        "前 30 行里没有找到表头",
        "no header in the first 30 rows",
        "保留模板里的表头一行，列的先后不限",
        "keep the header row of the template; the order of columns is free",
    ),
    "D-header": Code(
        "表头缺少必需的列",
        "required columns are missing",
        "补上缺少的列再导入；只是列名不同的，用 gongguan sheet map 教一次",
        "add the missing columns; where only the header differs, tell it once by gongguan sheet map",
    ),
    "D-header-twice": Code(
        "有两列是同一个意思，不知道用哪一列",
        "two columns mean the same",
        "删去一列，或把列名写清楚",
        "remove one, or name them apart",
    ),
    "D-cell-missing": Code("必填的格子空着", "a required cell is empty", "补填后再交", "fill it in"),
    "D-cell-formula": Code(
        "这一格是没有算出结果的公式",
        "a formula that was never calculated",
        "用 WPS 打开并保存一次，或改填实际内容",
        "open and save it in WPS or Excel, or type the value",
    ),
    "D-cell-error": Code(
        "这一格显示错误值（如 #N/A）", "the cell shows an error value", "改填实际内容", "type the value itself"
    ),
    "D-cell-kind": Code(
        "这一格的内容类型不对",
        "a cell of the wrong type",
        "把单元格设为“文本”后重新填写",
        "format the cell as text and retype",
    ),
    "D-cell-too-long": Code("这一格的文字太长", "the text is too long", "缩短后再交", "shorten it"),
    "D-cell-characters": Code(
        "这一格含乱码或不可用的字符", "unusable characters", "重新输入这一格", "type the cell again"
    ),
    "D-code-unknown": Code(
        "不在可选范围内", "not one of the allowed values", "按可选的写法填写", "use an allowed value"
    ),
    "D-number-rounded": Code(
        "长号码按数字存了，末尾几位已经丢失",
        "a long number was stored as a number: its last digits are lost",
        "先把整列设为“文本”，再照原件重新输入号码",
        "format the column as text and retype the number from the original",
    ),
    "D-date": Code(
        "日期看不懂或不存在", "not a date", "写成 2024-03-01；只知道年月就写 2024-03", "write 2024-03-01, or 2024-03"
    ),
    "D-date-ambiguous": Code(
        "数字 2024.1 这样的写法分不清是 1 月还是 10 月",
        "a number such as 2024.1 may mean January or October",
        "改成文字 2024-01 或 2024-10",
        "type it as text, 2024-01 or 2024-10",
    ),
    "D-row-duplicate-id": Code(
        "同一身份号码出现多次", "the ID number occurs more than once", "核对后只留一行", "keep one row"
    ),
    "D-row-duplicate-day": Code("同一天出现多次", "the day occurs more than once", "核对后只留一行", "keep one row"),
    "D-sheet-quarter": Code(
        "季度写法不认识",
        "not a quarter",
        "写成 2026Q4 或 2026年第四季度，年份要写上",
        "write it as 2026Q4, with the year",
    ),
    "D-sheet-count": Code(
        "次数要写成整数", "not a whole number of times", "写 0 到 10000 的整数，或留空", "write 0 to 10000, or nothing"
    ),
    "D-arrangement-rows": Code(
        "表里没有日子，或者多于一年的天数",
        "the sheet holds no day, or more than a year has",
        "一张表写一年的放假和调休上班日，取表：gongguan calendar sheet 年份",
        "one sheet holds the days off and the days worked of one year; see gongguan calendar sheet",
    ),
    "D-row-duplicate-body": Code(
        "同一组织代码或全称出现多次", "a code or full name occurs more than once", "核对后只留一行", "keep one row"
    ),
    "D-row-sex-differs": Code(
        "性别与身份号码不一致", "sex and ID number disagree", "照身份证核对性别和号码", "compare both with the ID card"
    ),
    "D-row-dates-order": Code(
        "前后两个日期次序颠倒", "two dates are in the wrong order", "核对两个日期", "check both dates"
    ),
    "D-row-no-such-member": Code(
        "名册里没有这个身份号码的党员",
        "no member with this ID number in the basic roster",
        "先把党员基本信息补进名册，或改正号码",
        "add the member first, or correct the number",
    ),
    "D-row-name-differs": Code(
        "两张表里同一身份号码的姓名不同",
        "two names for one ID number",
        "核对后两张表写成一样",
        "make both sheets agree",
    ),
    "D-row-no-outflow": Code(
        "标为流动党员，但流出花名册里没有",
        "marked as floating, but not in the outflow roster",
        "补进流出花名册，或改为“否”",
        "add the row to the outflow roster, or say no",
    ),
    "D-import-rows": Code(
        "表里有需要改正的地方，什么都没有导入",
        "the sheet has rows to correct; nothing was imported",
        "打开结果表，按每行的说明改正原表后再交",
        "open the result workbook, correct the rows and import again",
    ),
    "D-sheet-several": Code(
        "工作簿里有几页都是这张表，而且都填了",
        "several pages of the workbook are this sheet, and filled in",
        "一次交一页：把其他页另存成文件分别交，或删去不交的页",
        "hand in one page at a time: save the others as files of their own, or delete what is not to be handed in",
    ),
    "D-sheet-unknown": Code(
        "认不出这是哪一种表",
        "this is none of our sheets",
        "用 gongguan sheet list 看有哪些表，用 gongguan sheet make 取一张空表",
        "see gongguan sheet list; get an empty one by gongguan sheet make",
    ),
    "D-sheet-column": Code(
        "这种表没有这一列", "this sheet has no such column", "列名照表头写", "write the header as it is printed"
    ),
    "D-column-name": Code(
        "这个列名不用教：空着，或本来就认得",
        "this header is empty, or known anyhow",
        "只写认不出的列名",
        "tell unknown headers only",
    ),
    "D-column-names": Code(
        "记住的列名太多", "too many names", "先忘记不用的：--set 列名=", "forget some: --set HEADER="
    ),
    "D-sheet-value": Code(
        "要写成 列名=内容", "write column=value", "例如 --set 日期=2026-11-18", "e.g. --set 日期=2026-11-18"
    ),
    "D-sheet-rows": Code("一张表的行数超过上限", "too many rows for one sheet", "分成几张表", "split the sheet"),
    "D-sheet-yuan": Code("金额要写成元，最多两位小数", "not an amount in yuan", "写成 12.50", "write 12.50"),
    "D-day": Code(
        "这一天看不懂、不存在，或缺少年、月、日中的一样",
        "no such day, or the year, month or day is missing",
        "写成 2026-11-18",
        "write 2026-11-18",
    ),
    "D-sheet-month": Code("要写成 年-月", "not a month", "写成 2026-11", "write 2026-11"),
    "D-sheet-event": Code(
        "活动编号只能用字母、数字、点和横线",
        "an event is written in letters, digits, dots and dashes",
        "改写，或留空（按日期和类别编号）",
        "change it, or leave it empty",
    ),
    "D-no-dry-run": Code(
        "这项操作要与对方联系，不能试办",
        "this asks the partner and cannot be tried",
        "去掉 --dry-run 办理",
        "leave --dry-run out",
    ),
    "D-row-person-unknown": Code(
        "范围内没有这名党员",
        "no such member within your reach",
        "核对姓名；新取一张空表可以看到范围内的全部人员",
        "check the name; a fresh sheet lists everybody",
    ),
    "D-row-person-differs": Code(
        "姓名与编号不是同一个人",
        "name and id are of two persons",
        "可能是粘贴时错了行：核对后改姓名或编号",
        "perhaps pasted into the wrong row: correct one of them",
    ),
    "D-row-person-ambiguous": Code(
        "范围内有同名的党员",
        "several members have this name",
        "填上编号（见新取的空表）",
        "fill in the id (a fresh sheet has it)",
    ),
    "D-batch-unknown": Code(
        "没有这个批次", "no such batch", "用 gongguan sheet batches 查看", "see gongguan sheet batches"
    ),
    "D-batch-undone": Code("这个批次已经撤销过", "this batch was undone before", "不用再办", "nothing is left to do"),
    "D-batch-admission": Code(
        "接收登记表不能整批撤销：对方已经收到答复",
        "a sheet of admissions is not undone as a whole: the partner has the answers",
        "编错党组织的改好再交一次；不该接收的办理流动结束（gongguan movement return）",
        "hand in a corrected sheet; end the stay of whom should not have been admitted (gongguan movement return)",
    ),
    "D-batch-old": Code(
        "这个批次太早，不能整批撤销",
        "this batch is too old to be undone as a whole",
        "逐条更正（gongguan entry withdraw）",
        "correct entry by entry (gongguan entry withdraw)",
    ),
    "D-import-no-sheet": Code(
        "没有给出要导入的表",
        "no sheet was given",
        "给出党员基本信息表，或流出党员花名册（--outflow），或两张表在一起的工作簿",
        "give the members' roster, the outflow roster (--outflow), or a workbook with both",
    ),
    "D-row-no-such-branch": Code(
        "组织树里没有这个党支部",
        "no such branch in the tree",
        "先用 gongguan body import 导入组织，或改成组织表里的代码、全称或简称",
        "import the bodies first, or use a code or name of that sheet",
    ),
    "D-row-branch-ambiguous": Code(
        "有几个组织叫这个名字", "several bodies have this name", "改填组织代码", "use the body's code"
    ),
    "D-row-branch-kind": Code(
        "这个组织不是党支部，也不是党小组",
        "that body is neither a branch nor a group",
        "填党员所在的党支部",
        "name the branch of the member",
    ),
    "D-row-certificate-taken": Code(
        "这个活动证号已经属于另一名党员",
        "another member has this certificate number",
        "照活动证核对号码",
        "compare it with the certificate",
    ),
    "D-date-future": Code(
        "这个日期还没有到", "the date lies in the future", "等发生以后再登记", "enter it once it has happened"
    ),
    "D-rows": Code(
        "有些行办不了，全部没有登记",
        "some rows cannot be done; nothing was kept",
        "按列出的原因改正这些行，再交一次",
        "correct the rows listed and hand all of it in again",
    ),
}
