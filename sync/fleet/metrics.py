"""What Prometheus reads of a fleet: counts and sums. No text of a sheet is in it, and nothing secret.

A shop's name is the only label that grows, with the number of shops.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from sync.call import Outcome, Result
from sync.fleet.call_counts import CallCounts
from sync.fleet.reading import CLOCK, RunTotals, read_status, run_totals
from sync.fleet.status import AT_WORK, FleetStatus
from sync.state.database_errors import refused
from sync.state.fleet_tables import JOBS, SCHEDULES

Labels = Sequence[str]


class FleetMetrics(Collector):
    """The figures of one fleet. Safe for many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._calls = CallCounts()

    def text(self) -> bytes:
        """Return the figures as Prometheus reads them. Raises StateDown where the database doesn't answer."""
        return generate_latest(self)

    def collect(self) -> Iterator[Metric]:
        """Yield the figures as they are now. Raises StateDown where the database doesn't answer."""
        status = read_status(self._engine)
        yield from _shops(status)
        yield from _quotas(status)
        yield from _workers(status)
        try:
            with self._engine.connect() as connection:
                yield from _runs(run_totals(connection))
                yield from _ages(connection)
                calls = self._calls.counted(connection)
        except SQLAlchemyError as error:
            raise refused(error) from None
        told = [((outcome.value,), calls.get(outcome, 0)) for outcome in Outcome]
        yield _counter("calls", "Calls that ended, since this page began.", ["outcome"], told)


def _shops(status: FleetStatus) -> Iterator[Metric]:
    shops = status.shops
    yield _gauge("shops", "Shops of the fleet.", [], [((), len(shops))])
    needing = [((shop.name,), len(shop.needs)) for shop in shops]
    yield _gauge("needs_person", "What a person has to do for a shop.", ["shop"], needing)
    jobs = [((shop.name, state.value), shop.jobs.get(state, 0)) for shop in shops for state in AT_WORK]
    yield _gauge("open_jobs", "Jobs that haven't ended; waiting: for an approval.", ["shop", "state"], jobs)


def _quotas(status: FleetStatus) -> Iterator[Metric]:
    applications = {shop.app_key: shop for shop in status.shops}
    used = [((app,), shop.spent) for app, shop in applications.items()]
    yield _gauge("quota_used_calls", "Calls that an application made today.", ["app"], used)
    most = [((app,), shop.most) for app, shop in applications.items() if shop.most is not None]
    yield _gauge("quota_calls", "Calls that an application has a day.", ["app"], most)


def _workers(status: FleetStatus) -> Iterator[Metric]:
    alive = [worker for worker in status.workers if worker.alive]
    yield _gauge("workers", "Workers that were heard of lately.", [], [((), len(alive))])
    slots = sum(worker.concurrency for worker in alive)
    yield _gauge("worker_slots", "Orders that they take at once.", [], [((), slots)])


def _runs(totals: Sequence[RunTotals]) -> Iterator[Metric]:
    runs = [((row.shop, "done"), row.runs - row.troubled) for row in totals]
    runs += [((row.shop, "troubled"), row.troubled) for row in totals]
    told = "Finished runs; troubled: with rows that failed, or whose result isn't known."
    yield _counter("runs", told, ["shop", "result"], runs)
    rows = [((row.shop, result.value), row.rows.get(result.value, 0)) for row in totals for result in Result]
    yield _counter("rows", "Rows of finished runs.", ["shop", "result"], rows)


def _ages(connection: Connection) -> Iterator[Metric]:
    age = func.extract("epoch", CLOCK - func.min(JOBS.c.at)).label("age")
    open_jobs = select(JOBS.c.state, age).where(JOBS.c.state.in_(AT_WORK)).group_by(JOBS.c.state)
    found = {row.state: float(row.age) for row in connection.execute(open_jobs)}
    ages = [((state.value,), found.get(state.value, 0.0)) for state in AT_WORK]
    yield _gauge("oldest_open_job_seconds", "Age of the oldest open job.", ["state"], ages)
    late = select(func.extract("epoch", CLOCK - func.min(SCHEDULES.c.next_at)))
    seconds = max(0.0, float(connection.execute(late).scalar() or 0))
    yield _gauge("schedule_delay_seconds", "How late the schedule is that is due longest.", [], [((), seconds)])


def _gauge(name: str, told: str, labels: Labels, values: Sequence[tuple[Labels, float]]) -> Metric:
    family = GaugeMetricFamily(f"itemsync_{name}", told, labels=labels)
    for one, value in values:
        family.add_metric(one, value)
    return family


def _counter(name: str, told: str, labels: Labels, values: Sequence[tuple[Labels, float]]) -> Metric:
    family = CounterMetricFamily(f"itemsync_{name}", told, labels=labels)
    for one, value in values:
        family.add_metric(one, value)
    return family
