"""A plan or a run, for people: in the terminal, as a page, as a workbook.

`words` and `figures` say what all three show; `terminal`, `page` (with `page.html.j2`) and `workbook` lay it out.
"""
