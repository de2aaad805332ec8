"""The engine: carries out a plan, so that nothing is lost and nothing happens twice. Over plan, gateway and state.

A row's way through this room:

1. `prepare`: reads the items that the rows mean, and lets the plan be made.
2. `run`: writes the run down; a row that needs no call has its result at once (`results`).
3. `row_script`: one row's calls in their order, as a generator; `progress` is how far it has come. Pure.
4. `recovery`: what to do with a call that got no answer; `readback`: whether what was written was kept.
5. `row_run`: the row under way, and how it is taken up again from the journal.
6. `executor`: many rows side by side: the journal first, then the call.
7. `endings`: what is written down of a row that ended, and remembered of its item.

Beside it: `undo` reads journals back into a plan, `watch` makes one tick of the rules, `answers` takes what a person
says about a lost move. `stock_moves` and `recent_changes` tell the next plan what runs did.
"""
