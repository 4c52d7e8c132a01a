"""The same world driven by Hypothesis: it chooses what happens next, and makes what fails small by itself.

The oracle is a naive list of everything that any author's disk ever held, by place (``Witness.written``), and what each
node holds is compared with it after every step; when a history ends, all come to rest and everything is asked::

    explore(examples=50, steps=15)      # raises what Hypothesis made of the first failure
"""

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.simulation import rest
from tests.simulation.cluster import AGREED, AT_WORK
from tests.simulation.plan import POINTS, REPLY, WIRE, Plan, Step
from tests.simulation.world import Setup, World

SIDES = st.integers(0, 1)
NUMBERS = st.integers(0, 2**32 - 1)
CRASHES = st.builds(
    lambda how, point, whose: f"{how} {point} {whose}",
    st.sampled_from(("kill", "power")),
    st.sampled_from(POINTS),
    st.sampled_from(("here", "there")),
)


class Committees(RuleBasedStateMachine):
    """A committee, its partner, and whatever can happen to them. ``setup``: what their nodes are made of."""

    setup = Setup()

    @initialize(stage=st.sampled_from((AGREED, AT_WORK)), seed=st.integers(0, 3))
    def begin(self, stage: int, seed: int) -> None:
        """Paired and in agreement, with open differences or without."""
        self.world = World(Plan(seed, 1, stage, ()), self.setup)

    def do(self, name: str, side: int, number: int, *faults: str) -> None:
        """One step of the simulation."""
        self.world.do(Step(name, 0, side, number, faults))

    # --- people -----------------------------------------------------------------------------------------------

    @rule(side=SIDES, number=NUMBERS)
    def emit(self, side: int, number: int) -> None:
        self.do("act", side, number)

    @rule(numbers=st.lists(NUMBERS, min_size=2, max_size=4))
    def emit_at_once(self, numbers: list[int]) -> None:
        """Both sides say things that do not know of each other, and then hear them."""
        for place, number in enumerate(numbers):
            self.do("act", place % 2, number)
        self.do("call", 0, numbers[0])

    @rule(side=SIDES, number=NUMBERS)
    def misbehave(self, side: int, number: int) -> None:
        self.do("act", side, number, "rogue")

    @rule(side=SIDES, number=NUMBERS, name=st.sampled_from(("amend", "answer_amendment", "suspend", "lift")))
    def decide(self, side: int, number: int, name: str) -> None:
        self.do(name, side, number)

    @rule(side=SIDES, number=NUMBERS, name=st.sampled_from(("poison", "release", "withdraw", "antidote")))
    def hold(self, side: int, number: int, name: str) -> None:
        self.do(name, side, number)

    @rule(side=SIDES, number=NUMBERS, name=st.sampled_from(("end_period", "years", "tell", "erase")))
    def forget(self, side: int, number: int, name: str) -> None:
        self.do(name, side, number)

    @rule(side=SIDES, number=NUMBERS, name=st.sampled_from(("rotate", "thief")))
    def change_keys(self, side: int, number: int, name: str) -> None:
        self.do(name, side, number)

    @rule(side=SIDES, number=NUMBERS)
    def give_up(self, side: int, number: int) -> None:
        self.do("give_up", side, number)

    # --- wires ------------------------------------------------------------------------------------------------

    @rule(side=SIDES, number=NUMBERS)
    def call(self, side: int, number: int) -> None:
        self.do("call", side, number)

    @rule(side=SIDES, number=NUMBERS, fault=st.sampled_from((*WIRE, *REPLY)))
    def tamper(self, side: int, number: int, fault: str) -> None:
        self.do("call", side, number, fault)

    @rule(side=SIDES, number=NUMBERS)
    def export(self, side: int, number: int) -> None:
        self.do("pack", side, number)

    @rule(order=st.lists(NUMBERS, min_size=1, max_size=4))
    def import_any(self, order: list[int]) -> None:
        """Any of the files, in any order."""
        for number in order:
            self.do("carry", 0, number, *(("carried_twice",) if number % 2 else ()))

    @rule(order=st.lists(NUMBERS, min_size=1, max_size=4))
    def deliver_any(self, order: list[int]) -> None:
        """Any of what was held up, in any order."""
        for number in order:
            self.do("deliver", 0, number)

    @rule(side=SIDES, number=NUMBERS)
    def attack(self, side: int, number: int) -> None:
        self.do("attack", side, number)

    # --- machines ---------------------------------------------------------------------------------------------

    @rule(side=SIDES, number=NUMBERS, name=st.sampled_from(("act", "call")), crash=CRASHES)
    def crash(self, side: int, number: int, name: str, crash: str) -> None:
        self.do(name, side, number, crash)

    @rule(side=SIDES, number=NUMBERS)
    def restart(self, side: int, number: int) -> None:
        self.do("restart", side, number)

    @rule(side=SIDES, number=NUMBERS)
    def backup(self, side: int, number: int) -> None:
        self.do("backup", side, number)

    @rule(side=SIDES, number=NUMBERS)
    def restore(self, side: int, number: int) -> None:
        self.do("restore", side, number)

    @rule(side=SIDES, number=NUMBERS, works=st.booleans())
    def clone(self, side: int, number: int, works: bool) -> None:
        self.do("clone_works" if works else "clone", side, number)

    @rule(side=SIDES, number=NUMBERS, name=st.sampled_from(("wait", "jump_clock", "downgrade", "upgrade")))
    def tick(self, side: int, number: int, name: str) -> None:
        self.do(name, side, number)

    # --- what holds -------------------------------------------------------------------------------------------

    @invariant()
    def every_disk_holds_what_its_author_wrote(self) -> None:
        """I1, I3, I5 by the list; I2, I8, I9, I18, I20, I22, I28 by what the witness heard."""
        if not hasattr(self, "world"):
            return
        self.world.witness.check()

    def teardown(self) -> None:
        """All come to rest; then everything is asked, and nothing of the list may be missing anywhere."""
        if not hasattr(self, "world"):
            return
        rest.come(self.world)
        rest.check(self.world)
        (link,) = self.world.links
        if link.put_back:
            return
        view = rest.view_of(self.world, link)
        assert set(view.logs[0]) == set(view.logs[1]) == set(self.world.witness.written)


def explore(examples: int, steps: int, machine: type[Committees] = Committees, *, shrinks: bool = True) -> None:
    """So many histories of at most so many steps, the same ones each time."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            verbosity=Verbosity.quiet,
            phases=(Phase.generate, Phase.shrink) if shrinks else (Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
