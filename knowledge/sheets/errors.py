"""What can be wrong with a file as a whole, and with one of its cells.

- `SheetError` (a `KnowledgeFileError`): the file is refused, or can't be written, in one Chinese sentence.
- `CellError` (a `ValueError`): one cell can't be read; becomes a `Mistake` with its row and column.
"""

from __future__ import annotations

from knowledge.files import KnowledgeFileError


class SheetError(KnowledgeFileError):
    """The file is refused as a whole; the message is one Chinese sentence that says what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__((sentence,))


class CellError(ValueError):
    """What is wrong in a cell and how it should look: Chinese, without place and full stop."""


BROKEN = "文件损坏，打不开；请用 Excel 或 WPS 打开后另存一份，再导入。"
