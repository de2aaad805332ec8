"""A file of any format → a `Workbook`: worksheets with their values, and what stands beside the values.

`opening` chooses the reader by the file's content: `openxml` (`.xlsx`, `.xlsm`), `apart` (`.xls` and `.ods`, in a
process of its own), `delimited` (`.csv`). `package` and `extent` keep hostile files from taking all memory.
`traits` reads hidden rows, merged cells, errors; `styles`, `styled` and `shown` say how numbers are shown.
"""
