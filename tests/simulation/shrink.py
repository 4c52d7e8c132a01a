"""The smallest plan that still breaks the same invariant: fewer steps, fewer faults, fewer partners.

Steps are left out in halves, then in ever smaller pieces, as long as the violation stays; then faults one by one::

    shrink(plan_of(17), "I7").steps
"""

from collections.abc import Iterator

from tests.simulation.invariants import Violation
from tests.simulation.plan import Plan
from tests.simulation.world import Setup, World

ATTEMPTS_MAX = 2000
"""Runs that shrinking may cost."""


def violation_of(plan: Plan, setup: Setup | None = None, deep: tuple[str, ...] | None = None) -> Violation | None:
    """What a run breaks, or None."""
    try:
        World(plan, setup).run(deep)
    except Violation as found:
        return found
    return None


def shrink(plan: Plan, invariant: str, setup: Setup | None = None, deep: tuple[str, ...] | None = None) -> Plan:
    """A plan in which nothing more can be left out; ``invariant`` is the one that it must still break."""
    left = ATTEMPTS_MAX

    def fails(candidate: Plan) -> bool:
        nonlocal left
        left -= 1
        found = violation_of(candidate, setup, deep)
        return found is not None and invariant in found.invariants

    smaller = True
    while smaller and left > 0:
        smaller = False
        for candidate in _candidates(plan):
            if left > 0 and fails(candidate):
                plan, smaller = candidate, True
                break
    return plan


def _candidates(plan: Plan) -> Iterator[Plan]:
    """Smaller plans, the smallest first."""
    steps = plan.steps
    piece = len(steps) // 2
    while piece > 0:
        for start in range(0, len(steps), piece):
            yield plan._replace(steps=(*steps[:start], *steps[start + piece :]))
        piece //= 2
    for place, step in enumerate(steps):
        for fault in step.faults:
            fewer = step._replace(faults=tuple(one for one in step.faults if one != fault))
            yield plan._replace(steps=(*steps[:place], fewer, *steps[place + 1 :]))
    if plan.partners > 1:
        yield from (_without_partner(plan, gone) for gone in range(plan.partners))


def _without_partner(plan: Plan, gone: int) -> Plan:
    """The same run with one partner less."""
    kept = (step for step in plan.steps if step.link != gone)
    steps = tuple(step._replace(link=step.link - (step.link > gone)) for step in kept)
    return plan._replace(partners=plan.partners - 1, steps=steps)


def told(plan: Plan) -> str:
    """A plan as people read it."""
    rows = (
        f"  {step.name} link {step.link} side {step.side} number {step.number} {', '.join(step.faults)}".rstrip()
        for step in plan.steps
    )
    return "\n".join((f"seed {plan.seed}, {plan.partners} partners, stage {plan.stage}:", *rows))
