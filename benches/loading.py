"""The documents of loading.sh: a foreign dataset of figures, and parcels that share their boundaries.

  loading.py readings FILE ROWS         a CSV of the dataset `readings`
  loading.py parcels FILE COUNT         a CSV of `cadastre`, each parcel a polygon of 33 points in UTM 39
  loading.py cadastre FILE OCTETS       the same as XML, of so many octets
  loading.py dataset FOLDER             the description of `readings`, into a window's `datasets`
  loading.py rows FILE TABLE            what BOEMİS's bulk tool is to read: the rows of a CSV without its header
"""
import csv
import pathlib
import sys

DESCRIPTION = """
title.az = "Sayğac göstəriciləri"
title.en = "Meter readings"
clause = "-"
class = "open"
competence = ["energetika"]
periods = "month-and-year"
total = "optional"
year = "sum"

[[columns]]
name = "meter"
element = "Meter"
kind = "text"
key = true
pattern = "MTR-[0-9]+"
longest = 20
required = true
title.az = "Sayğac"
title.en = "Meter"

[[columns]]
name = "energy_mwh"
element = "EnergyMWh"
kind = "decimal"
places = 3
unit = "MWh"
required = true
title.az = "Enerji"
title.en = "Energy"

[[columns]]
name = "own_use_mwh"
element = "OwnUseMWh"
kind = "decimal"
places = 3
unit = "MWh"
required = false
title.az = "Öz sərfiyyatı"
title.en = "Own use"
"""

SIDE = 100  # metres between the corners of neighbours
ACROSS = 1200  # parcels in a row
BETWEEN = 7  # points of an edge between its corners


def dents(number):
    """How far the points of an edge lie from its line, in millimetres: the same for both neighbours."""
    return [(number * 7919 + at * 104729) % 6001 - 3000 for at in range(BETWEEN)]


def parcel(number):
    """The corners of a parcel and all between, in millimetres, anticlockwise and closed; and its square metres."""
    row, column = divmod(number, ACROSS)
    west, south = (310_000 + column * SIDE) * 1000, (4_380_000 + row * SIDE) * 1000
    step = SIDE * 1000 // (BETWEEN + 1)
    edge = lambda row, column, kind: dents((row * (ACROSS + 1) + column) * 2 + kind)
    along = range(1, BETWEEN + 1)
    bottom = [(west + at * step, south + dent) for at, dent in zip(along, edge(row, column, 0))]
    top = [(west + at * step, south + SIDE * 1000 + dent) for at, dent in zip(along, edge(row + 1, column, 0))]
    left = [(west + dent, south + at * step) for at, dent in zip(along, edge(row, column, 1))]
    right = [(west + SIDE * 1000 + dent, south + at * step) for at, dent in zip(along, edge(row, column + 1, 1))]
    east, north = west + SIDE * 1000, south + SIDE * 1000
    ring = [(west, south), *bottom, (east, south), *right, (east, north), *reversed(top), (west, north), *reversed(left)]
    ring.append(ring[0])
    twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:]))
    return ring, twice / 2e6


def metres(millimetres):
    return f"{millimetres // 1000}.{millimetres % 1000:03}"


def points(ring, between):
    return between.join(f"{metres(x)} {metres(y)}" for x, y in ring)


def readings(path, rows):
    with open(path, "w") as out:
        out.write("dataset,period,revision,sender,to,meter,energy_mwh,own_use_mwh\n")
        for number in range(rows):
            figure = number * 7919 % 100_000_007
            own = f"{figure % 977}.{figure % 10}" if number % 3 else ""
            out.write(f"readings,2026-M09,1,9990000221,trial,MTR-{number:08},{figure // 1000}.{figure % 1000:03},{own}\n")


def parcels(path, count):
    with open(path, "w") as out:
        out.write("dataset,revision,sender,to,code,kind,region,area_ha,source,potential_mw,epsg,geometry\n")
        for number in range(count):
            ring, area = parcel(number)
            out.write(f"cadastre,1,9990000481,trial,AZ-{number:08},land,AZ-SAL,{area / 1e4:.3f},solar,0.5,32639,"
                      f'"POLYGON(({points(ring, ",")}))"\n')


def cadastre(path, octets):
    with open(path, "w") as out:
        out.write('<Submission xmlns="urn:boemis:submission:1" id="S-1" to="trial" dataset="cadastre" revision="1" '
                  'sender="9990000481">\n')
        number = written = 0
        while written < octets:
            ring, area = parcel(number)
            written += out.write(
                f"<Record><Code>AZ-{number:08}</Code><Kind>land</Kind><Region>AZ-SAL</Region>"
                f"<AreaHa>{area / 1e4:.3f}</AreaHa><Source>solar</Source><PotentialMW>0.5</PotentialMW><Geometry>"
                '<gml:Polygon xmlns:gml="http://www.opengis.net/gml/3.2" srsName="EPSG:32639"><gml:exterior>'
                f'<gml:LinearRing><gml:posList>{points(ring, " ")}</gml:posList></gml:LinearRing></gml:exterior>'
                "</gml:Polygon></Geometry></Record>\n")
            number += 1
        out.write("</Submission>\n")
    return number


def dataset(folder):
    folder = pathlib.Path(folder) / "readings"
    folder.mkdir()
    (folder / "dataset.toml").write_text(DESCRIPTION)


def rows(source, target):
    csv.field_size_limit(1 << 24)
    with open(source, newline="") as read, open(target, "w", newline="") as out:
        reader, writer = csv.reader(read), csv.writer(out, lineterminator="\n")
        header = next(reader)
        first = header.index("to") + 1
        for row in reader:
            writer.writerow(row[first:])


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    {
        "readings": lambda: readings(given[0], int(given[1])),
        "parcels": lambda: parcels(given[0], int(given[1])),
        "cadastre": lambda: print(cadastre(given[0], int(given[1]))),
        "dataset": lambda: dataset(given[0]),
        "rows": lambda: rows(*given),
    }[what]()
