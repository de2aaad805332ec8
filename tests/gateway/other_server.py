"""Another platform: written from docs/explanation/platform.md alone with the standard library, knowing nothing of
this program.

Where the protocol leaves a choice it takes the one that our sandbox doesn't: answers wrapped in a `result`, ids and
numbers as text, error codes as text, raw control characters, gzip, the calls of a batch really at the same time.
"""

import gzip
import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote_plus, urlsplit

Params = dict[str, str]
Item = dict[str, Any]

APP_KEY, APP_SECRET, SESSION = "87654321", "秘密-of-another-platform", "61002another+session=="
BEIJING = timezone(timedelta(hours=8))
FORBIDDEN = "全网最低价"
"""What no title may say: a rule of this shop's own."""
READ_ONLY = ("itemId", "status", "userId", "appKey", "dataVersion")


class Error(Exception):
    """An `error_response`: its code, message, and sub-code."""


class No(Exception):
    """The shop's own no: `"success": false`."""


class OtherServer:
    """A running platform with a dict of items; `with OtherServer() as platform:` and call `platform.gateway`."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        """Id → the item as the platform holds it."""
        self.calls: list[str] = []
        """The method of every call, in the order in which they were carried out."""
        self.requests: list[int] = []
        """How many calls each HTTP request brought."""
        self._ids = count(6_100_000_000_001)
        self._generated: set[str] = set()
        self._lock = threading.Lock()

    @property
    def gateway(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/router/rest"

    def add(self, **system: Any) -> str:
        """Put an item in as it is, and return its id."""
        item_id = self._generate({})["item_id"]
        self.items[item_id] = {"_sys": {"itemId": item_id, "status": 1, "dataVersion": 1} | system}
        return str(item_id)

    def __enter__(self) -> Self:
        platform = self

        class Handler(_Handler):
            answer = staticmethod(platform._answer)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # What a client leaves open ends with the process, not before the test does.
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    # --- the gateway -------------------------------------------------------------------------------------------
    def _answer(self, path: str, query: str, body: str, separator: str) -> str | None:
        public = dict(parse_qsl(query, keep_blank_values=True))
        if path == "/router/rest":
            self.requests.append(1)
            return self._single({**public, **dict(parse_qsl(body, keep_blank_values=True))})
        if path == "/router/batch":
            return self._batch(public, body, separator)
        return None

    def _single(self, params: Params) -> str:
        try:
            _check(params, "")
        except Error as error:
            return _error(error)
        return self._call(params)

    def _batch(self, public: Params, body: str, separator: str) -> str:
        segments = body.split(separator)
        shared = dict(public)
        if segments[0].startswith("#PUBLIC#"):
            shared |= _segment(segments.pop(0)[len("#PUBLIC#") :])
        self.requests.append(len(segments))
        try:
            _check(public, body)
            if not 1 <= len(segments) <= 20:
                raise Error(41, "Invalid arguments", "isv.batch-size")
        except Error as error:
            return _error(error)
        calls = [shared | ({} if segment == "N" else _segment(segment)) for segment in segments]
        with ThreadPoolExecutor(4) as side_by_side:
            return separator.join(side_by_side.map(self._call, calls))

    def _call(self, params: Params) -> str:
        methods: dict[str, Callable[[Params], Item]] = {
            "taobao.open.item.id.generate": self._generate,
            "taobao.open.item.publish": self._publish,
            "taobao.open.item.modify": self._modify,
            "taobao.open.item.status.modify": self._status,
            "taobao.open.item.inventory.incr": lambda params: self._move(params, 1),
            "taobao.open.item.inventory.decr": lambda params: self._move(params, -1),
            "taobao.open.item.get": self._get,
        }
        method = params.get("method", "")
        try:
            if params.get("session") != SESSION:
                raise Error(27, "Invalid session", "invalid-sessionkey")
            if method not in methods:
                raise Error(22, "Invalid method", "isv.invalid-method")
            with self._lock:
                self.calls.append(method)
                fields = {"success": True, **methods[method](params)}
        except No as no:
            fields = {"success": False, "message": str(no)}
        except Error as error:
            return _error(error)
        except (KeyError, ValueError):
            return _error(Error(40, "Missing or invalid arguments", "isv.invalid-parameter"))
        name = method.removeprefix("taobao.").replace(".", "_") + "_response"
        # A tab within a text, as it occurs in the wild.
        return json.dumps({name: {"result": fields, "request_id": "other\\1"}}, ensure_ascii=False).replace(
            r"\\1", "\t1"
        )

    # --- open items --------------------------------------------------------------------------------------------
    def _generate(self, params: Params) -> Item:
        item_id = str(next(self._ids))
        self._generated.add(item_id)
        return {"item_id": item_id}

    def _publish(self, params: Params) -> Item:
        item = json.loads(params["item_json"])
        system = item["_sys"]
        if not {"category", "title"} <= system.keys():
            raise No("category and title are required")
        _check_title(system)
        item_id = str(system["itemId"]) if "itemId" in system else self._generate({})["item_id"]
        if item_id not in self._generated:
            raise No("itemId did not come from id.generate")
        if item_id not in self.items:
            system |= {"itemId": item_id, "status": 1, "inventory": max(1, int(system.get("inventory", 0)))}
            system |= {"userId": "2000", "appKey": APP_KEY, "dataVersion": 1}
            self.items[item_id] = item
        return {"item_id": item_id}

    def _modify(self, params: Params) -> Item:
        item, edit = self._found(params), json.loads(params["json"])
        system = {name: value for name, value in edit.pop("_sys", {}).items() if name not in READ_ONLY}
        _check_title(system)
        item["_sys"].update(system)
        item.update(edit)
        for path in filter(None, params.get("delete_paths", "").split(",")):
            *parents, last = path.split("@")
            inner = item
            for parent in parents:
                inner = inner.get(parent, {})
            inner.pop(last, None)
        return {}

    def _status(self, params: Params) -> Item:
        status = int(params["status"])
        if status not in (-1, 0, 1):
            raise No("no such status")
        self._found(params)["_sys"]["status"] = status
        return {}

    def _move(self, params: Params, sign: int) -> Item:
        system = self._found(params)["_sys"]
        left = int(system["inventory"]) + sign * int(params["num"])
        if left < 0:
            raise No("库存不足")
        system["inventory"] = left
        if left == 0:
            system["status"] = 0
        return {}

    def _get(self, params: Params) -> Item:
        item = deepcopy(self._found(params))
        item["_sys"] = {
            name: str(value) if isinstance(value, int | float) else value for name, value in item["_sys"].items()
        }
        return {"item": json.dumps(item, ensure_ascii=False)}

    def _found(self, params: Params) -> Item:
        item = self.items.get(params["item_id"])
        if item is None or item["_sys"]["status"] == -1:
            raise No("该商品不存在")
        return item


def _check_title(system: Item) -> None:
    if FORBIDDEN in system.get("title", ""):
        raise No("标题含有违禁词")


def _check(params: Params, body: str) -> None:
    if params.get("app_key") != APP_KEY:
        raise Error(29, "Invalid app key", "isv.appkey-not-exists")
    if (params.get("format"), params.get("v")) != ("json", "2.0"):
        raise Error(23, "Invalid format", "")
    try:
        asked = datetime.strptime(params.get("timestamp", ""), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        raise Error(31, "Invalid timestamp", "isv.invalid-timestamp") from None
    if abs(datetime.now(BEIJING) - asked) > timedelta(minutes=10):
        raise Error(31, "Invalid timestamp", "isv.invalid-timestamp")
    if params.get("sign") != _signature(params, body):
        raise Error(25, "Invalid signature", "isv.invalid-signature")


def _signature(params: Params, body: str) -> str:
    names = sorted((name for name in params if name != "sign"), key=lambda name: name.encode())
    text = "".join(name + params[name] for name in names if name and params[name]) + body
    secret = APP_SECRET.encode()
    if params.get("sign_method") == "hmac-sha256":
        return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest().upper()
    if params.get("sign_method") == "hmac":
        return hmac.new(secret, text.encode(), hashlib.md5).hexdigest().upper()
    return hashlib.md5(secret + text.encode() + secret).hexdigest().upper()


def _segment(text: str) -> Params:
    pairs = (pair.partition("=") for pair in text.split("&"))
    return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}


def _error(error: Error) -> str:
    code, message, sub_code = error.args
    content = {"code": str(code), "msg": message, "sub_code": sub_code, "request_id": "other2"}
    return json.dumps({"error_response": content})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Or each answer waits 40 ms for an acknowledgement.
    disable_nagle_algorithm = True
    answer: Callable[[str, str, str, str], str | None]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        address = urlsplit(self.path)
        separator = self.headers.get("top-api-separator", "\r\n-S-\r\n")
        answer = self.answer(address.path, address.query, body, separator)
        sent = gzip.compress((answer or "no such page").encode())
        self.send_response(404 if answer is None else 200)
        self.send_header("Content-Type", "text/javascript;charset=UTF-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        pass
