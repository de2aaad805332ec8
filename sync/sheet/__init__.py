"""The staff's workbook: read it, write the results back into it, make a blank one."""
