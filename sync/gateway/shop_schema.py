"""The XML of `alibaba.item.edit.*`: what may be edited of a listing, and an edit
(docs/explanation/platform.md#ordinary-listings).

No published example changes a price, so what a category's schema offers is read before it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from threading import Lock

from lxml import etree

from sync.call import Call, Op, Outcome, Reply
from sync.fields import PRICE, TITLE, path_names
from sync.gateway.channel_base import failed_reply
from sync.gateway.client import Client
from sync.gateway.protocol import Garbled, Success
from sync.gateway.retry import CallAnswer, OutgoingCall
from sync.item import Item, Path, Value, yuan
from sync.messages import say
from sync.sku import is_sku, listing_of

SCHEMA = "alibaba.item.edit.schema.get"
FIELDS: Mapping[Path, str] = {TITLE: "title", PRICE: "price"}
"""Path → the schema's own name."""
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)


def edit(values: Item) -> str:
    """Write an edit of some paths, in which only what is given changes; raises KeyError for another path."""
    fields = "".join(
        f'<field id="{FIELDS[path]}" type="input"><value>{escape(_text(path, value), quote=False)}</value></field>'
        for path, value in values.items()
    )
    return f"<itemSchema>{fields}</itemSchema>"


def question(listing: str) -> OutgoingCall:
    """Return the call that asks what may be edited of a listing."""
    return OutgoingCall(SCHEMA, {"item_id": listing}, listing, repeatable=True)


def editable(success: Success) -> frozenset[Path]:
    """Read which paths may be edited; raises Garbled for what is no schema."""
    said = success.fields.get("result")
    if not isinstance(said, str):
        raise Garbled("no schema")
    try:
        root = etree.fromstring(said.encode(), _PARSER)
    except etree.XMLSyntaxError:
        raise Garbled("no schema") from None
    open_fields = {field.get("id") for field in root.findall("field") if not _read_only(field)}
    return frozenset(path for path, name in FIELDS.items() if name in open_fields)


class EditGuard:
    """Lets only edits leave whose fields the listing's category is known to have. Safe to use from several threads.

    What schemas tell is kept for as long as the channel is.
    """

    def __init__(self, client: Client) -> None:
        """`client` asks for schemas."""
        self._client = client
        self._lock = Lock()
        self._asking = Lock()
        """Held while schemas are asked for: what one connection asks, another would ask as well."""
        self._category: dict[str, str] = {}
        self._paths: dict[str, frozenset[Path]] = {}

    def note_category(self, listing: str, category: str) -> None:
        """Remember which category a listing is in; empty: not told."""
        if category:
            with self._lock:
                self._category[listing] = category

    def refused(self, calls: Sequence[Call]) -> dict[int, Reply]:
        """Return replies to the edits that mustn't leave, by their places among `calls`."""
        edits = {place: call for place, call in enumerate(calls) if call.op is Op.MODIFY and not _of_sku(call)}
        if all(map(self._offers, edits.values())):
            return {}
        with self._asking:
            return self._refused(edits)

    def _refused(self, edits: Mapping[int, Call]) -> dict[int, Reply]:
        unknown = [place for place, call in edits.items() if not self._offers(call)]
        # One of a category tells of all; where a field is missing there, a listing's own schema has the last word.
        first = {self._key(_listing(edits[place])): place for place in reversed(unknown)}
        replies = self._asked(edits, [*first.values()])
        rest = [place for place in unknown if place not in replies and not self._offers(edits[place])]
        return replies | self._asked(edits, rest)

    def _asked(self, edits: Mapping[int, Call], places: Sequence[int]) -> dict[int, Reply]:
        """Read the schemas of some edits' listings, and return a reply to each edit that they don't allow."""
        if not places:
            return {}
        answers = self._client.send([question(_listing(edits[place])) for place in places])
        verdicts = {place: self._verdict(edits[place], answer) for place, answer in zip(places, answers, strict=True)}
        return {place: reply for place, reply in verdicts.items() if reply}

    def _verdict(self, edit: Call, answer: CallAnswer) -> Reply | None:
        if answer.success is None:
            reply = failed_reply(answer)
            # The edit itself never left, so nothing of it is unknown.
            return replace(reply, outcome=Outcome.FAILED) if reply.outcome is Outcome.UNKNOWN else reply
        try:
            offered = editable(answer.success)
        except Garbled as garbled:
            return Reply(Outcome.FAILED, error=say("gateway.garbled", reason=str(garbled)))
        with self._lock:
            key = self._key(_listing(edit))
            self._paths[key] = self._paths.get(key, frozenset()) | offered
        missing = [path for path in edit.values if path not in offered]
        return Reply(Outcome.FAILED, error=say("shop.no_field", fields=path_names(missing))) if missing else None

    def _offers(self, edit: Call) -> bool:
        with self._lock:
            return edit.values.keys() <= self._paths.get(self._key(_listing(edit)), frozenset())

    def _key(self, listing: str) -> str:
        """Name a listing's category; of one that isn't known, the listing itself."""
        return self._category.get(listing, f"listing {listing}")


def _read_only(field: etree._Element) -> bool:
    return any(
        rule.get("name") == "readOnlyRule" and rule.get("value") == "true" for rule in field.iterfind("rules/rule")
    )


def _text(path: Path, value: Value) -> str:
    return yuan(value) if path == PRICE and isinstance(value, int) else str(value)


def _of_sku(call: Call) -> bool:
    return is_sku(call.item_id or "")


def _listing(call: Call) -> str:
    return listing_of(call.item_id or "")
