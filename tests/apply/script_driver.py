"""A row's script as a conversation: what it wants, in short, and what it is told."""

from collections.abc import Sequence

from sync.apply.progress import Ending, Progress
from sync.apply.recovery import Earliest, Step
from sync.apply.row_script import Steps, carry_out
from sync.call import Op, Outcome, Reply
from sync.fields import INVENTORY, PRICE, STATUS
from sync.item import Status
from sync.messages import say
from sync.plan.plan import RowPlan
from tests.apply.rows import HELD, OFF, published, updated

OK = Reply(Outcome.DONE)
LOST = Reply(Outcome.UNKNOWN, error=say("gateway.lost"))
NO = Reply(Outcome.FAILED, error=say("gateway.refused", words="不行", code="success=false"))
GONE = Reply(Outcome.DONE, item=None)
NEW_ID = Reply(Outcome.DONE, item_id="99")
SECOND_ID = Reply(Outcome.DONE, item_id="100")

Answers = Sequence[tuple[str, Reply]]
"""What the script wants, in short, and what it is told."""


def seen(**changed: int) -> Reply:
    """The item as it was planned for, but for its `stock`, `price` or `status`."""
    paths = {"stock": INVENTORY, "price": PRICE, "status": STATUS}
    return Reply(Outcome.DONE, item={**HELD, **{paths[name]: value for name, value in changed.items()}})


def script_of(plan: RowPlan, *, aged: bool = False) -> Steps:
    """A row at its beginning."""
    return carry_out(plan, Progress(plan.item_id, plan.remote), aged=aged)


def short(step: Step) -> str:
    """`modify`, `stock +5`, `status 0`, `look settled`, `look at end`."""
    call = step.call
    more = {Op.STOCK: f" {call.by:+d}", Op.STATUS: f" {call.status}"}.get(call.op, "")
    return call.op.value + more + ("" if step.when is Earliest.NOW else f" {step.when.value}")


def drive(plan: RowPlan, answers: Answers) -> tuple[Ending, list[Step]]:
    """Go through the whole conversation; fails where the script wants something else, or anything more."""
    script = script_of(plan)
    steps = [next(script)]
    for wanted, told in answers:
        assert short(steps[-1]) == wanted
        try:
            steps.append(script.send(told))
        except StopIteration as stop:
            assert (wanted, told) == answers[-1], "the script ended early"
            ending = stop.value
            assert isinstance(ending, Ending)
            return ending, steps
    raise AssertionError(f"the script wants {short(steps[-1])}")


EDIT = updated({PRICE: 2590})
TO_15 = updated({INVENTORY: 15})
PLUS_5 = updated({}, change=5)
DOWN = updated({STATUS: Status.INACTIVE})
UP = updated({STATUS: Status.ACTIVE}, held=OFF)
DELETE = updated({STATUS: Status.DELETED})
SEVERAL = updated({PRICE: 2590, INVENTORY: 15, STATUS: Status.INACTIVE})
RESTOCK: RowPlan = updated({INVENTORY: 5, STATUS: Status.INACTIVE}, held={**OFF, INVENTORY: 0})
NEW = published()
NEW_OFF = published(status=Status.INACTIVE)
