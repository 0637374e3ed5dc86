"""Entries as XLSX, CSV and JSONL: bytes in, result out (docs/sheets.md).

`columns` is the one table that all formats follow; `cells` says how a value stands in a cell. `package`,
`workbook` and `texts` turn files into rows, `read` turns rows into entries, `plan` compares them with what
is there. `table` writes any rows, `write` the entries and the template.
"""
