"""The sandbox: the platform's rules as its documents give them, behind a real HTTP server on this machine.

A call's way through this room:

1. `server`: listens; `connection` can withhold an answer or drop the connection.
2. `web`: the addresses. It reads a request's parameters (`forms`, `batch`); `platform` does the rest.
3. `gate`: checks signature, session and the other public parameters; `limits` counts calls.
4. `faults`: decides whether the call meets a fault of the `fault_catalog`, or a sale (`sales`), as `spec` says.
5. `method`: what a method needs. `open_items`, `shop_items` and `tokens` are the tables of methods.
6. `shop`, `listings`: the rules of open items and of ordinary listings, over `database`; `document` is one item.
7. `platform` puts the answer into its envelope.

Beside it: `consent` and `authority` are the authorization server; `assumptions` is what no document says.
"""
