"""The rules of a command: those of the sheet 规则, and those of the profile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from sync.errors import Refusal
from sync.fields import CATEGORY
from sync.item import Status
from sync.messages import Joined, Level, say
from sync.service.context import Context

if TYPE_CHECKING:
    from sync.plan.rules import Rules
    from sync.rule import Rule
    from sync.sheet.read import Sheet


class RulesInForce(NamedTuple):
    """The rules that a run or `watch` would ask now."""

    listed: tuple[Rule, ...]
    items: Mapping[str, int]
    """How many items each rule decided about when it was last asked, by the rule's name."""
    sheet: str = ""
    """The sheet that has some of them; empty: no sheet was looked at."""


_TOLD = 10
"""Mistakes that one sentence names; mending these shows the rest."""


def rules_for(context: Context, sheet: Sheet) -> Rules:
    """Return all rules of `sheet` and the profile, with the moment at which they are asked: now. Warnings are told.

    Raises Refusal as `all_rules` does.
    """
    listed = all_rules(context, sheet)
    for problem in sheet.rules.problems:
        if problem.level is Level.WARNING:
            context.tell(problem.told())
    _tell_without_rows(context, listed, sheet)
    from sync.plan.rules import Rules

    return Rules(listed, context.clock.now(), context.profile.zone)


def all_rules(context: Context, sheet: Sheet, *, shown: bool = False) -> tuple[Rule, ...]:
    """Return the rules of `sheet` and the profile; `shown`: the sheet's problems have just been listed.

    Raises Refusal if any of them is wrong: a plan that lacks one isn't what anybody meant.
    """
    if wrong := [problem for problem in sheet.rules.problems if problem.level is Level.ERROR]:
        if shown:
            raise Refusal(say("rules.wrong.shown", count=len(wrong)))
        told = Joined(tuple(problem.told() for problem in wrong[:_TOLD]))
        raise Refusal(say("rules.wrong", count=len(wrong), problems=told))
    listed = (*sheet.rules.listed, *_of_profile(context))
    _refuse_same_names(listed)
    return listed


def rules_in_force(context: Context) -> RulesInForce:
    """Return the rules of the profile, and of the sheet that the newest run of a person was of, if it is there.

    Raises Refusal as `all_rules` does.
    """
    decided = Counter(
        one.ruled.name for one in context.store.baselines().marked.values() if one.ruled and one.ruled.name
    )
    newest = next((run for run in context.store.runs(counted=False) if not run.watch and run.undoes is None), None)
    source = context.sheets(newest.sheet) if newest else None
    if newest is None or source is None or not source.is_there:
        return RulesInForce(_of_profile(context), decided)
    sheet = source.read(context, newest.worksheet)
    return RulesInForce(all_rules(context, sheet), decided, source.name)


def _of_profile(context: Context) -> tuple[Rule, ...]:
    if not context.profile.rules:
        return ()
    from sync.rule import KINDS, Rule, Scope, category_named

    categories = context.categories
    rules = []
    for index, written in enumerate(context.profile.rules):
        place = context.source(f"rules.{index}")
        category = category_named(written.category, categories) if written.category else ()
        if written.category and not category:
            raise Refusal(say("rules.category_unknown", place=place, shown=written.category))
        scope = Scope(frozenset(written.codes), category)
        kind = KINDS[type(written.terms)]
        name = written.name or f"{kind.words(context.sheet_language)} {index + 1}"
        rules.append(Rule(written.terms, scope, name, place, named=bool(written.name)))
    return tuple(rules)


def _tell_without_rows(context: Context, rules: tuple[Rule, ...], sheet: Sheet) -> None:
    """Where the platform has no categories, those of the sheet are all there are: a rule for another does nothing."""
    if context.abilities.writes(CATEGORY):
        return
    from sync.plan.desired import category_of
    from sync.rule import RuleVote

    theirs = {category_of(row, {}) for row in sheet.rows}
    for rule in rules:
        if rule.scope.category and () in theirs and not any(rule.scope.covers("", one) for one in theirs):
            named = RuleVote(Status.INACTIVE, rule.kind, rule.name, rule.address)
            context.tell(say("rule.no_categories", category=">".join(rule.scope.category), rule=named))


def _refuse_same_names(rules: tuple[Rule, ...]) -> None:
    seen: dict[str, Rule] = {}
    for rule in rules:
        if rule.named and (other := seen.setdefault(rule.name, rule)) is not rule:
            raise Refusal(say("rules.profile_name_twice", name=rule.name, first=other.address, second=rule.address))
