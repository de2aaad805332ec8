"""A plan or a run, for people: in the terminal, as a page, as a workbook."""
