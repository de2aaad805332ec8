"""New workbooks: `template` (blank), `pulled` (of what the platform holds), and the sheets in them.

`form` makes the sheet of items, `ruleform` the sheet 规则, `guide` the sheet 说明; `page` has what they share.
`sayable` decides which values a cell can hold, `refreshed` which cells of a sheet get a new value.
"""
