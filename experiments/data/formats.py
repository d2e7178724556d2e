"""The formats of a table's file, by the ending of its name, and what to do with those that are not read."""

import re
from collections.abc import Mapping
from types import MappingProxyType

TABLES = (".csv", ".tsv", ".parquet", ".feather", ".json", ".jsonl", ".xlsx", ".ods")
"""Endings of a table's file name."""

PACKED = (".gz", ".bz2", ".xz", ".zip", ".zst")
"""Endings behind that of a text file, `.csv.gz`: it is compressed."""

PACKABLE = (".csv", ".tsv", ".json", ".jsonl")
"""Files that are read compressed; the others have a compression of their own."""

_PANDAS = "python -c \"import pandas; pandas.{reader}('{name}').to_parquet('table.parquet')\""
_READERS: Mapping[str, str] = MappingProxyType(
    {".dta": "read_stata", ".sav": "read_spss", ".sas7bdat": "read_sas", ".xpt": "read_sas", ".orc": "read_orc"}
    | dict.fromkeys((".h5", ".hdf5", ".hdf"), "read_hdf")
    | {".xml": "read_xml", ".fwf": "read_fwf"}
)
_INSTEAD: Mapping[str, str] = MappingProxyType(
    dict.fromkeys((".xls", ".xlsm", ".xlsb", ".numbers"), "save it as .xlsx or .csv")
    | dict.fromkeys(
        (".txt", ".dat", ".tab", ".data", ".asc"), "call it .csv, with any of , ; | and tabs between columns"
    )
    | dict.fromkeys((".arrow", ".ipc"), "call it .feather")
    | {".ndjson": "call it .jsonl", ".pkl": "save it with to_parquet: a pickle could run code"}
    | dict.fromkeys((".tar", ".tgz", ".7z", ".rar"), "unpack it")
    | dict.fromkeys(
        (".db", ".sqlite", ".sqlite3", ".duckdb"), "export the table with pandas: read_sql, then to_parquet"
    )
)
_DATABASE = re.compile(
    r"(?:sqlite|postgres(?:ql)?|mysql|mariadb|mssql|oracle|duckdb|snowflake|bigquery|mongodb)\b.*://"
)


def ending(name: str) -> str:
    """The ending of a table's file name in lower case, with that of its compression; "" for another.

    >>> ending("a/Rent.CSV"), ending("rent.csv.gz"), ending("rent.xls")
    ('.csv', '.csv.gz', '')
    """
    lower = name.lower()
    packed = next((each for each in PACKED if lower.endswith(each)), "")
    inner = lower.removesuffix(packed)
    known = PACKABLE if packed else TABLES
    return next((each + packed for each in known if inner.endswith(each)), "")


def advice(name: str) -> str:
    """What to do with a table that is somewhere or something that is not read; "" where it looks like no table.

    >>> advice("https://example.org/rent.csv")
    'is a URL: download it first, as with curl -O, and give the file'
    >>> advice("old.xls")
    'is an .xls file, which is not read: save it as .xlsx or .csv'
    """
    lower = name.lower()
    if _DATABASE.match(lower):
        return "is a database address: export the table with pandas, read_sql and then to_parquet, and give the file"
    if re.match(r"[a-z][a-z0-9+.-]*://", lower):
        return "is a URL: download it first, as with curl -O, and give the file"
    if any(lower.endswith(each) for each in PACKED):
        return f"is not one of {', '.join(PACKABLE)} compressed: unpack it first"
    last = re.search(r"\.[a-z0-9]+$", lower)
    if not last:
        return ""
    cure = _INSTEAD.get(last[0], "")
    if last[0] in _READERS:
        cure = f"convert it with {_PANDAS.format(reader=_READERS[last[0]], name=name)}"
    article = "an" if last[0].startswith((".x", ".h5", ".hdf", ".orc", ".f", ".s", ".n", ".a", ".r")) else "a"
    return f"is {article} {last[0]} file, which is not read: {cure}" if cure else ""
