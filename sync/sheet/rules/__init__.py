"""The workbook's sheet 规则: what staff write there, told as rules or with the cell that is wrong."""
