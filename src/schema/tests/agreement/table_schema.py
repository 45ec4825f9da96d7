"""Judges tables by `schema.json` in this folder: `table_schema.py plainly|frictionless FILE...`, a line for each file.

What a table schema cannot say, or Frictionless does not ask, is looked at before, in both modes:
- which sign separates the columns: the window takes it from the header;
- quotes: the window reads them strictly (RFC 4180 2), Python's own reader and Frictionless mend what is half quoted;
- that a row must stand: an empty statement states nothing;
- blank lines at the end, which spreadsheets leave there: the window passes over them, Frictionless names them.
"""
import csv, json, re, sys

schema = json.load(open("schema.json", encoding="utf-8"))
fields = {f["name"]: f["constraints"] for f in schema["fields"]}


def fits(constraints, value):
    if value == "":
        return not constraints["required"]
    return (re.fullmatch(constraints.get("pattern", ".*"), value, re.ASCII) is not None
        and value in constraints.get("enum", [value]) and len(value) <= constraints.get("maxLength", 1000))


def plainly(header, rows, _):
    """The constraints, no more of them than these schemas use."""
    complete = all(name in header for name, c in fields.items() if c["required"])
    return (complete and len(set(header)) == len(header) and set(header) <= set(fields)
        and all(len(row) == len(header) and all(fits(fields[n], v) for n, v in zip(header, row)) for row in rows))


def frictionless(_, __, delimiter):
    from frictionless import Dialect, Resource, Schema
    from frictionless.formats import CsvControl
    dialect = Dialect(controls=[CsvControl(delimiter=delimiter)])
    table = Resource(path="asked.csv", encoding="utf-8-sig", dialect=dialect, schema=Schema.from_descriptor(schema))
    return table.validate().valid


def judge(name, mode):
    text = open(name, encoding="utf-8-sig", newline="").read().rstrip("\r\n")
    delimiter = ";" if ";" in text.split("\n")[0] else ","
    try:
        header, *rows = csv.reader(text.splitlines(), delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        return False
    with open("asked.csv", "w", encoding="utf-8", newline="") as asked:
        asked.write(text)
    return bool(rows) and mode(header, rows, delimiter)


mode = {"plainly": plainly, "frictionless": frictionless}[sys.argv[1]]
for name in sys.argv[2:]:
    print("yes" if judge(name, mode) else "no")
