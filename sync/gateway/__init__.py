"""The gateway: how calls reach the platform, and what came of them.

A call's way through this room:

1. `channel`: the shape that other rooms know. `open_item` and `shop_item` turn a `Call` into a method.
2. `client`: signs it (`protocol`) with an access token (`auth`), and sends it together with others.
3. `pace`: lets it leave when the rate limits, the day's quotas and the platform's bans allow.
4. `retry`: decides, after each request, which calls go again.
5. `batch`: joins up to 20 calls into one request, and cuts the answer.
6. `transport`: makes one HTTP exchange, within one `deadline`.
7. `errors`: looks up what the platform's error means for this call and the next ones.

Beside it: `authority`, `callback`, `token` and `secret_store` get, renew and keep access tokens.
"""
