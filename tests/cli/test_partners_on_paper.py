"""Options by which the word of a partner without a node is entered stand behind all others."""

from gongguan.cli.commands.generated import FOR_PARTNERS, command_of
from gongguan.cli.operations import family
from gongguan.node.operations import every
from gongguan.sync.paper.word import Heard


def test_options_for_partners_without_a_node_come_last_in_every_command_that_has_them() -> None:
    assert Heard.__struct_fields__ == FOR_PARTNERS
    having = [operation for operation in every().values() if issubclass(operation.request, Heard)]
    assert len(having) >= 10
    for operation in having:
        names = [parameter.name for parameter in command_of(family(operation.family)[operation.name]).params]
        told = [names.index(name) for name in FOR_PARTNERS]
        fields = [names.index(name) for name in operation.request.__struct_fields__ if name not in FOR_PARTNERS]
        assert max(fields) < min(told), operation.name
