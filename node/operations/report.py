"""Reports to the branch committee, each quarter."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Said
from gongguan.sync.contacts.branch_reports import Report, ReportFile, ReportShow, file_report, report
from gongguan.sync.roles import VIEWERS, WORKERS

OPERATIONS: Final = (
    Operation(
        name="report.show",
        title="本季联系情况汇总（供向支委会汇报）",
        english="the quarter's contacts in figures, for the branch committee",
        request=ReportShow,
        answer=Report,
        roles=VIEWERS,
        function=report,
        duties=("B-11",),
        reads=True,
        personal=True,
        purpose="contact",
        hint=Said(
            "汇报以后登记：gongguan report file --quarter … --meeting … --on …",
            "Once reported: gongguan report file --quarter … --meeting … --on …",
        ),
    ),
    Operation(
        name="report.file",
        title="登记已向支委会汇报",
        english="record that the quarter was reported",
        request=ReportFile,
        answer=Report,
        roles=WORKERS,
        function=file_report,
        duties=("B-11",),
        done=Said("{body} {quarter} 已汇报（{meeting}）。", "{quarter} of {body} is reported ({meeting})."),
    ),
)
