"""A shop and all that can be done with it.

Every face calls it: the command line, a page, a worker, a script. It never prints, asks or ends a process.
What it has to say meanwhile is an event (`events.py`), what stops it is an error (`sync.errors`), and what a person
has to decide is a `Planned` that waits for a `Consent`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sync.messages import Language, Message
from sync.service.context import Context
from sync.service.credentials import secret_store
from sync.service.events import Listener
from sync.service.sheets import sheet_by_id, sheet_source
from sync.service.trouble import worded

if TYPE_CHECKING:
    import threading
    from datetime import datetime

    from pandas import DataFrame

    from sync.call import Result
    from sync.config import Profile
    from sync.gateway.secret_store import SecretStore
    from sync.insight.series import ItemSeries
    from sync.notify.sending import AddressResult
    from sync.plan.document_schema import RunDocument
    from sync.plan.options import Settled
    from sync.plan.saved_plan import Saved
    from sync.report.figures import Share
    from sync.service.checking import Checked
    from sync.service.doctor import Finding
    from sync.service.history import ItemStory, RunPage, RunSummary
    from sync.service.insight import Insight
    from sync.service.planned import Planned
    from sync.service.pulling import PulledSheet
    from sync.service.refreshing import RefreshedSheet
    from sync.service.request import Consent, PlanRequest
    from sync.service.resuming import Resumed
    from sync.service.rules import RulesInForce
    from sync.service.run import Run
    from sync.service.sheet_port import Delivery, SheetFinder, SheetSource
    from sync.service.sheets import AnySheet
    from sync.service.watching import Watching
    from sync.state.answers import Answer
    from sync.state.pruning import Pruned
    from sync.state.run_rows import RunProgress
    from sync.state.upkeep import StateInfo


class Shop:
    """One seller's items behind one gateway, and what is remembered of them. Not for several threads at once."""

    def __init__(self, context: Context) -> None:
        self.context = context

    @classmethod
    def open(
        cls,
        profile: str | None = None,
        *,
        settings: str | Path | Mapping[str, object] | None = None,
        state: str | Path | None = None,
        lang: Language | None = None,
        on_event: Listener = lambda _: None,
        sheets: SheetFinder = sheet_by_id,
        secrets_of: Callable[[Profile], SecretStore] = secret_store,
    ) -> Self:
        """Open the shop of a profile.

        `settings`: the settings file; None: `itemsync.toml` of the working folder, else the user's own. Variables
        `ITEMSYNC_...` come before both. Or the settings themselves, as a table of the file has them: then nothing
        else counts. `state`: a file, or a database's URL. `sheets` finds a sheet by its place, where
        sheets are kept elsewhere than on this disk, and `secrets_of` where a profile's secrets are. What is wrong
        with any of them is raised as a Refusal by the first job that needs it.
        """
        file = Path(settings) if isinstance(settings, str | Path) else None
        held = settings if isinstance(settings, Mapping) else None
        place = None if state is None else str(state)
        context = Context(profile, file, place, lang, settings=held, on_event=on_event, sheets=sheets)
        context.secrets_of = secrets_of
        return cls(context)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what was opened."""
        self.context.close()

    @worded
    def check(self, sheet: AnySheet, worksheet: str | None = None) -> Checked:
        """List what is wrong in a sheet; nothing is sent anywhere.

        Raises Refusal for what can't be read, and NeedsWorksheet where several worksheets could be meant.
        """
        from sync.service.checking import check

        return check(self.context, sheet_source(sheet), worksheet)

    @worded
    def plan(
        self,
        sheet: AnySheet | PlanRequest,
        worksheet: str | None = None,
        *,
        only: Collection[str] | None = None,
        on_conflict: str = "sheet",
        on_drift: str = "sheet",
        refresh: str | None = None,
        rekey: bool = False,
        republish: bool = False,
        as_new: Collection[str] = (),
    ) -> Planned:
        """Compare a sheet with what the platform holds; nothing is changed. The options are the command line's.

        Raises Refusal for what can't be read, GatewayDown, WrongShop, and NeedsWorksheet where several worksheets
        could be meant.
        """
        from sync.service.request import PlanRequest, choices_of

        if isinstance(sheet, PlanRequest):
            return self._planned(sheet)
        choices = choices_of(
            only=only,
            on_conflict=on_conflict,
            on_drift=on_drift,
            refresh=refresh,
            rekey=rekey,
            republish=republish,
            as_new=as_new,
        )
        return self._planned(PlanRequest(sheet, worksheet, choices, by_profile=refresh is None))

    def _planned(self, request: PlanRequest) -> Planned:
        from sync.service.news import after_plan
        from sync.service.planning import make_plan

        planned = make_plan(self.context, request)
        if not request.writes:
            after_plan(self.context, planned)
        return planned

    @worded
    def load(self, plan: str | Path | Saved, settled: Mapping[str, Settled] | None = None) -> Planned:
        """Return a plan that was saved, to be applied as it was shown; a row that changed since is skipped.

        `plan`: its file, or a plan that is kept elsewhere. `settled`: what a person decided of its rows since, by
        `Row.key`.
        """
        from sync.service.saved_plans import plan_as_saved, read_file

        saved = read_file(Path(plan)) if isinstance(plan, str | Path) else plan
        name = Path(plan).name if isinstance(plan, str | Path) else saved.source.sheet
        return plan_as_saved(self.context, saved, name, settled or {})

    @worded
    def undo(self, run: int, only: Collection[str] = (), *, delete: bool = False) -> Planned:
        """Return the plan that reverses a run, as far as nobody changed it since; `only`: these codes.

        `delete`: whether items that the run published may be deleted.
        """
        from sync.service.request import names_of
        from sync.service.undoing import make_undo

        return make_undo(self.context, run, frozenset(names_of(only)), delete=delete)

    @worded
    def apply(
        self,
        plan: Planned,
        consent: Consent | None = None,
        *,
        on_event: Listener | None = None,
        stop: threading.Event | None = None,
    ) -> Run:
        """Carry out a plan as far as a person consented, and write the results into its sheet.

        `stop`: asks for a clean stop; what is in flight ends, and the rest waits for `resume`.

        Raises GuardTripped, Unfinished, Locked, Overtaken (a run or a save of the sheet came between), GatewayDown.
        """
        from sync.service.news import after_run
        from sync.service.request import Consent
        from sync.service.running import carry_out

        with self._listening(on_event, stop):
            done = carry_out(self.context, plan, consent or Consent())
            after_run(self.context, [done])
            return done

    @worded
    def resume(self, *, on_event: Listener | None = None, stop: threading.Event | None = None) -> Resumed:
        """Finish the run that was cut off, and deliver results that never reached their sheet."""
        from sync.service.news import after_run
        from sync.service.resuming import take_up

        with self._listening(on_event, stop):
            resumed = take_up(self.context)
            after_run(self.context, [resumed.run] if resumed.run else [])
            return resumed

    @worded
    def abandon(self, run: int) -> Run:
        """End an unfinished run where it stands; nothing is called."""
        from sync.service.news import after_run
        from sync.service.resuming import abandon

        ended = abandon(self.context, run)
        after_run(self.context, [ended])
        return ended

    @worded
    def questions(self) -> Mapping[str, Message]:
        """Return what a person is asked, by code: stock changes of which nobody knows whether they happened."""
        from sync.apply.answers import questions

        return questions(self.context.store)

    @worded
    def answer(self, answers: Mapping[str, Answer]) -> None:
        """Take a person's answers: `happened`, `not` or `skip` by code, all or none."""
        from sync.service.news import after_answers
        from sync.service.resuming import answer

        answer(self.context, answers)
        after_answers(self.context, answers)

    @worded
    def history(self) -> Sequence[RunSummary]:
        """Return the runs, the newest first."""
        from sync.service.history import history

        return history(self.context)

    @worded
    def run(self, number: int) -> Run:
        """Return what a run did. Raises Refusal if there is none of that number."""
        from sync.service.history import recorded

        return recorded(self.context, number)

    @worded
    def item(self, code: str) -> ItemStory:
        """Return everything that is known of one item. Raises Refusal for a code of which nobody ever heard."""
        from sync.service.history import item_story

        return item_story(self.context, code)

    @worded
    def insight(self, since: datetime | None = None, *, weeks: int | None = None) -> Insight:
        """Return what the shop learned from looking at it: sales, cover and restock of each item.

        `since`: the beginning of the period, or `weeks`: how many; neither: 13 weeks. Nothing is called.
        Raises Refusal for a beginning that is still to come.
        """
        from sync.service.insight import insight

        return insight(self.context, since, weeks)

    @worded
    def series(self, code: str) -> ItemSeries:
        """Return the stock and the price of an item over time, with our own moves of its stock."""
        from sync.service.insight import series

        return series(self.context, code)

    def pull(self, ids: Sequence[str] | None = None) -> DataFrame:
        """Return what the platform holds, with the sheet's headers; see `pulled`."""
        return self.pulled(ids).to_frame()

    @worded
    def pulled(self, ids: Sequence[str] | None = None) -> PulledSheet:
        """Read items; None: the whole shop where the channel can list it, else all items that were ever synced."""
        from sync.service.pulling import pull
        from sync.service.request import names_of

        return pull(self.context, None if ids is None else names_of(ids))

    @worded
    def bring_up_to_date(self, sheet: str | Path, worksheet: str | None = None) -> RefreshedSheet:
        """Write what the platform holds into the cells of a workbook that nobody edited since."""
        from sync.service.refreshing import bring_up_to_date

        return bring_up_to_date(self.context, Path(sheet), worksheet)

    def watch(
        self, sheet: AnySheet, worksheet: str | None = None, guards: Sequence[str] = (), *, drift: bool = False
    ) -> Watching:
        """Return a watch over a sheet's rules, whose `look` makes one tick.

        `guards`: what is consented to. `drift`: once a day all items are read, and what somebody changed is told.
        """
        from sync.service.request import guards_of
        from sync.service.watching import Watching

        return Watching(self.context, sheet_source(sheet), worksheet, guards_of(guards), drift=drift)

    @worded
    def notify_test(self) -> tuple[AddressResult, ...]:
        """Send a message to every address of the profile. Raises Refusal where it names none, or can't send any."""
        from sync.service.notifying import send_test

        return send_test(self.context)

    def examine(self, sheet: str | Path | None = None) -> Iterator[Finding]:
        """Yield whether everything that a run needs is there, each with what to do."""
        from sync.service.doctor import examine

        return examine(self.context, sheet_source(sheet) if sheet is not None else None)

    @property
    def name(self) -> Message:
        """The shop in words: profile, gateway, and the seller where a login told."""
        from sync.service.shop_identity import shop_words

        return shop_words(self.context)

    def document(self) -> dict[str, object]:
        """Return the shop's name as JSON."""
        from sync.service.shop_identity import shop_document

        return {"shop": shop_document(self.context)}

    def no_run(self) -> RunDocument:
        """Return the JSON of a job that had nothing to run."""
        from sync.plan.document import run_document

        return run_document(None, (), self.context.language)

    def usage(self, methods: Mapping[str, int]) -> tuple[Share, ...]:
        """Return what so many calls of the platform's methods take of the application's limits."""
        from sync.service.usage import shares

        return shares(self.context, methods)

    def before_applying(self, plan: Planned) -> Iterator[Message]:
        """Yield what a person should know before they consent: that the profile is new, that the sheet is open."""
        from sync.service.shop_identity import new_profile

        yield from filter(None, (new_profile(self.context), plan.opened()))

    def unfinished(self) -> RunSummary | None:
        """Return the run that waits for `resume`; None: there is none."""
        from sync.service.history import unfinished

        return unfinished(self.context)

    def summary_of(self, run: int) -> RunSummary:
        """Return a run as the history lists it. Raises Refusal if there is none of that number."""
        from sync.service.history import summary_of

        return summary_of(self.context, run)

    @property
    def jobs_folder(self) -> Path:
        """Where this machine keeps the jobs of this shop's page: beside the state."""
        from sync.service.job_files import usual_folder

        return usual_folder(self.context)

    @worded
    def last_run(self) -> int:
        """Return the number of the newest run that a person began; 0: there is none."""
        from sync.state.run_rows import last_run_of_person

        return last_run_of_person(self.context.store)

    @worded
    def run_of_plan(self, checksum: str) -> int | None:
        """Return the newest run that applied a saved plan; None: none did."""
        from sync.state.run_rows import run_of_plan

        return run_of_plan(self.context.store, checksum)

    @worded
    def progress(self, run: int) -> RunProgress:
        """Return how far a run is, whatever process carries it out."""
        from sync.state.run_rows import progress

        return progress(self.context.store, run)

    @worded
    def run_page(self, run: int, results: Collection[Result] = (), code: str = "", page: int = 1) -> RunPage:
        """Return some rows of a run, those that need a person first. Raises Refusal if there is no such run.

        `results`: only such; `code`: only codes with it.
        """
        from sync.service.history import run_page

        return run_page(self.context, run, results, code, page)

    def open_rows(self, run: int) -> int:
        """Return how many rows of a run have not ended."""
        return self.context.store.count_open(run)

    @worded
    def rules(self) -> RulesInForce:
        """Return the rules of the profile and of the newest sheet. Raises Refusal where one of them is wrong."""
        from sync.service.rules import rules_in_force

        return rules_in_force(self.context)

    @worded
    def correct(self, sheet: str | Path, worksheet: str | None, cells: Mapping[str, str]) -> None:
        """Write texts into cells of a workbook, by address such as `E12`, losing nothing else of it.

        Raises Refusal for a file that can't be written into, and for a cell that can't be.
        """
        from sync.service.correcting import correct

        correct(self.context, Path(sheet), worksheet, cells)

    @worded
    def deliver(self, run: int, sheet: str | Path | SheetSource) -> Delivery:
        """Write the results of a run into a sheet once more, such as a copy of the one that it was of."""
        from sync.service.history import deliver_into

        return deliver_into(self.context, run, sheet_source(sheet))

    def write_template(self, out: str | Path) -> None:
        """Write a blank workbook. Raises Refusal for a file that is there, or can't be made."""
        from sync.service.files import write_template

        write_template(self.context, Path(out))

    def state(self) -> StateInfo:
        """Return how the state stands, of whatever version it is. Raises Refusal if it can't be read."""
        from sync.state.upkeep import info

        return info(self.context.profile.state_place)

    def upgrade_state(self) -> tuple[str, str]:
        """Bring the state up to date for this version of the program; returns the version before and after."""
        from sync.state.upkeep import upgrade
        from sync.state.versions import VERSION

        return upgrade(self.context.profile.state_place), VERSION

    @worded
    def prune_state(self, keep: timedelta = timedelta(days=400)) -> Pruned:
        """Let go of the rows and calls of runs that finished longer ago; baselines, counts and changes stay.

        Of each earlier day, the last observation of an item stays. A run that is still to be delivered, or has an
        open question, isn't touched, however old. Raises Locked while a run is going on.
        """
        from sync.service.locking import one_job
        from sync.state.pruning import prune

        now = self.context.clock.now()
        with one_job(self.context):
            return prune(self.context.store, self.context.profile.state_place, now - keep, now)

    def alone(self) -> AbstractContextManager[None]:
        """Hold the shop's lock over several jobs, so that nothing comes between them. Raises Locked."""
        from sync.service.locking import alone

        return alone(self.context)

    @contextmanager
    def _listening(self, on_event: Listener | None, stop: threading.Event | None) -> Iterator[None]:
        """Tell this job's events to another listener, and let it be stopped by another event."""
        context = self.context
        before = context.on_event, context.stop
        context.on_event = on_event or context.on_event
        if stop is not None:
            context.stop = stop
            context.hang_up()
        try:
            yield
        finally:
            context.on_event, context.stop = before
            if stop is not None:
                context.hang_up()
