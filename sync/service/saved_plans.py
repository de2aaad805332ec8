"""A saved plan is applied as it was shown: it brings its own choices, and today's sheet and platform are compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sync.errors import Refusal
from sync.messages import say
from sync.plan.saved_plan import Choices, as_shown, read_saved
from sync.service.context import Context
from sync.service.planned import Planned
from sync.service.planning import make_plan
from sync.service.request import PlanRequest


def plan_as_saved(context: Context, file: Path) -> Planned:
    """Return the saved plan, with the sheet as it is today.

    Raises Refusal for a file that is no plan, for another profile's, for one that was applied already, and for a row
    that would be another one today.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Refusal(say("sheet.missing", file=file)) from None
    except (OSError, UnicodeDecodeError):
        raise Refusal(say("saved.no_plan", file=file)) from None
    saved = read_saved(text, file.name)
    choices = saved.choices
    if (choices.profile, choices.gateway) != (context.profile.remembered_as, context.profile.gateway):
        raise Refusal(say("saved.other_profile", profile=choices.profile, gateway=choices.gateway))
    if context.store.applied(saved.checksum):
        raise Refusal(say("saved.applied", file=file.name))
    today = make_plan(context, _request(choices))
    plan = as_shown(saved, today.plan, context.profile.guards)
    return replace(today, plan=plan, origin=replace(today.origin, saved_plan=saved.checksum))


def _request(choices: Choices) -> PlanRequest:
    return PlanRequest(
        Path(choices.sheet),
        skip_conflicts=choices.skip_conflicts,
        skip_drift=choices.skip_drift,
        rekey=choices.rekey,
        republish=choices.republish,
        changed_only=choices.changed_only,
        worksheet=choices.worksheet,
        as_new=frozenset(choices.as_new),
        saved=True,
        only=None if choices.only is None else frozenset(choices.only),
        writes=True,
    )
