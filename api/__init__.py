"""JSON under `/api/v1`: the clerks' desk for programs with a token, and the mini-program's questions."""
