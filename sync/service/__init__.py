"""One service under every face: it puts the rooms together, and knows no terminal, page or queue.

Every face calls `shop.Shop`; each of its jobs has a file here. Begin with these:

- `context`: the rooms of one job, each opened when it is first needed; `connection` makes the way to the platform.
- `request` → `planning` (`rules`, `sheets`, `shop_identity`) → `planned`: a request becomes a plan, which waits for a
  consent.
- `request.Consent` → `running` (`locking`, `authorization`) → `run` → `delivery`: a plan becomes a run, and its
  results go back into the sheet.
- `resuming`, `undoing`, `saved_plans`, `watching`: the other ways to a run.
- `checking`, `pulling`, `refreshing`, `history`, `doctor`, `login`, `settings`: what changes nothing at the shop.
- `sheet_port`: what a sheet has to be, wherever it is kept. `events`: what a job says. `trouble`: what goes wrong, in
  words.
"""
