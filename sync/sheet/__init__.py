"""The staff's workbook: read it, write results back into it, make a new one.

Each of these knows only those above it (the import linter keeps it):
- `headers`, `strings`, `visible`: what a header means, and what a person sees of a text.
- `files`: a file of any format → worksheets, each with its values and what stands beside them.
- `columns`, `table`: which worksheet holds the items, in which row its headers stand, and what each column is for.
- `cells`, `categories`: what one cell says, or what is wrong with it.
- `rules`: the worksheet 规则 → rules.
- `draft`, `read`: the cells of a row → what the row asks for (`read_sheet`); `non_items`, `examples` and
  `sheet_problems`: which rows aren't items, and what is wrong with the whole sheet.
- `dataframe`: a pandas DataFrame in place of a file.
- `writeback`: results into the staff's own workbook, in which every other byte stays as it was (`write_back`).
- `making`: new workbooks: the template, and what was pulled from the platform.
- `beside`: results into a workbook beside a file that can't take them.
"""
