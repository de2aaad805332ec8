"""The plan: what would be done to the platform, row by row, and what a person must confirm. It calls nobody.

A row's way through this room:

1. `resolve`: which item the row means (`identity`, `look_alikes`), and what holds it back (`holds`, `stamps`).
2. `build`: takes each row as far as it comes. What there is none of yet goes to `publish`, what there is to `update`.
3. `desired`: what the row asks for once the `rules` have spoken; `abilities`: what the channel can do of it.
4. `diff`: cell, last cell, platform and what it held last → a verdict for each path, and the changes.
5. `order`: changes → calls, in a safe order; `effect` tells what a call leaves behind.
6. `notes` and `problems`: what a person should know; `guards`: what is unusual of the whole sheet.
7. `remember`: what state keeps of the row once it has ended.

Beside it: `watch` plans what rules alone ask for, `undo` what reverses a run. `document` and `saved_plan` write a
plan as JSON. `effort` counts its calls.
"""
