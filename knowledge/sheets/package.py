"""The zip inside an .xlsx, opened with care: nothing is unpacked beyond a limit, whatever it claims."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from posixpath import join, normpath
from typing import Final, Protocol
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from knowledge.sheets.errors import BROKEN, SheetError

MOST_UNPACKED: Final = 128 * 1024 * 1024
MOST_MEMBERS: Final = 2000
MOST_DIRECTORY: Final = 1024 * 1024
MOST_RATIO: Final = 250
"""How much smaller an honest sheet gets: 20 to 60 times. Deflate can do 1,030."""
SMALL: Final = 4 * 1024 * 1024
"""Members up to this size may be packed as tightly as they like."""
_PIECE: Final = 256 * 1024
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP: Final = b"PK\x03\x04"
_END: Final = b"PK\x05\x06"
_ENCRYPTED: Final = 0x1

BOMB: Final = "文件解压后过大，不像正常的表格；请把内容复制到新的表格里，再导入。"
MACROS: Final = "文件带有宏；请另存为不带宏的 .xlsx，再导入。"
PASSWORD: Final = "文件设了打开密码；请在 Excel 里取消密码，再导入。"  # noqa: S105 - a sentence
OLD: Final = "这是旧版 Excel 文件（.xls）；请另存为 .xlsx，再导入。"
BINARY: Final = "这是二进制的 Excel 文件（.xlsb）；请另存为 .xlsx，再导入。"
LINKED: Final = "文件引用了别的工作簿；请复制后“选择性粘贴”为数值、断开链接，再导入。"
CONNECTED: Final = "文件连着外部数据；请删除数据连接，只留下内容，再导入。"
EMBEDDED: Final = "文件里嵌有别的文件或控件；请删除它们，只留下文字，再导入。"
NO_XLSX: Final = "这不是 .xlsx 表格；请用 Excel 或 WPS 另存为 .xlsx，再导入。"
_REFUSED: Final = (
    ("vbaproject", MACROS),
    ("xl/macrosheets/", MACROS),
    ("xl/externallinks/", LINKED),
    ("xl/connections.xml", CONNECTED),
    ("xl/embeddings/", EMBEDDED),
    ("xl/activex/", EMBEDDED),
    ("xl/ctrlprops/", EMBEDDED),
    ("xl/workbook.bin", BINARY),
)
"""What stands in the name of a member, and why the file is refused then."""


class XmlTarget(Protocol):
    """Takes an XML document as it is read; no tree is built, so nothing piles up."""

    def start(self, tag: str, attributes: dict[str, str], /) -> None:
        """An element begins."""

    def end(self, tag: str, /) -> None:
        """An element ends."""

    def data(self, text: str, /) -> None:
        """Text between tags."""


@dataclass(slots=True)
class Package:
    """An opened .xlsx without anything dangerous in it."""

    archive: zipfile.ZipFile
    left: int = MOST_UNPACKED
    """How many bytes may still be unpacked."""

    def has(self, name: str) -> bool:
        """Whether there is such a member."""
        return name in self.archive.NameToInfo

    def read(self, name: str, target: XmlTarget) -> None:
        """Hand a member to `target`. Raises `SheetError` beyond the limit, and what zip and XML raise."""
        parser = DefusedXMLParser(target=_Plain(target), forbid_dtd=True)
        with self.archive.open(name) as stream:
            while piece := stream.read(_PIECE):
                self.left -= len(piece)
                if self.left < 0:
                    raise SheetError(BOMB)
                parser.feed(piece)
        parser.close()

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """Return what a member refers to: (kind, member) by id. `name` is empty for the whole package."""
        folder, _, base = name.rpartition("/")
        path = join(folder, "_rels", f"{base}.rels")
        found = _Relations(folder)
        if self.has(path):
            self.read(path, found)
        return found.targets


class _Plain:
    """Takes the namespaces off, so that strict and transitional files look alike."""

    def __init__(self, target: XmlTarget) -> None:
        self._target = target
        self.data = target.data

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._target.start(tag.rpartition("}")[2], attributes)

    def end(self, tag: str) -> None:
        self._target.end(tag.rpartition("}")[2])

    def close(self) -> None:
        """The parser wants one."""


class _Relations:
    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.targets: dict[str, tuple[str, str]] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag != "Relationship" or attributes.get("TargetMode") == "External":
            return
        target = attributes.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else normpath(join(self._folder, target))
        self.targets[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], path)

    def end(self, tag: str) -> None:
        """Nothing to do."""

    def data(self, text: str) -> None:
        """Nothing to do."""


@contextmanager
def opened(data: bytes) -> Iterator[Package]:
    """Open an .xlsx; whatever is wrong with it, also later inside the `with`, is one `SheetError`."""
    _refuse_other_kinds(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _refuse_members(archive)
            yield Package(archive)
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError) as error:
        raise SheetError(BROKEN) from error
    except (ParseError, DefusedXmlException, LookupError, ValueError, OverflowError) as error:
        raise SheetError(BROKEN) from error


def _refuse_other_kinds(data: bytes) -> None:
    if data.startswith(_OLE):
        raise SheetError(PASSWORD if "EncryptedPackage".encode("utf-16-le") in data else OLD)
    if not data.startswith(_ZIP):
        raise SheetError(NO_XLSX)
    end = data.rfind(_END, max(0, len(data) - 65_557))
    if end < 0 or end + 22 > len(data):
        raise SheetError(BROKEN)
    members, directory = struct.unpack_from("<HI", data, end + 10)
    if members > MOST_MEMBERS or directory > MOST_DIRECTORY:  # read before zipfile builds a list of it
        raise SheetError(BOMB)


def _refuse_members(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise SheetError(PASSWORD)
    names = [member.filename.lower() for member in members]
    for part, sentence in _REFUSED:
        if any(part in name for name in names):
            raise SheetError(sentence)
    if sum(member.file_size for member in members) > MOST_UNPACKED:
        raise SheetError(BOMB)
    for member in members:
        if member.file_size > SMALL and member.file_size > MOST_RATIO * max(1, member.compress_size):
            raise SheetError(BOMB)
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise SheetError(BROKEN)
    if "[content_types].xml" not in names:
        raise SheetError(NO_XLSX)
