"""People from a table: every encoding and separator, errors by row, nothing lost, nothing changed by looking."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.people import newcomers, roster, table
from otklik.people.models import Person
from otklik.people.tests import make
from otklik.people.tests.test_settings import admin, signed_in, site

__all__ = ["admin", "signed_in", "site"]

TABLE = "ФИО;Почта;Телефон;Отдел\nАнна Ёлкина;anna@clinic.example;12-34;Лаборатория\nПётр;;56-78;\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_table_is_read_in_every_usual_form(encoding, delimiter):
    read = table.read(table.decoded(TABLE.replace(";", delimiter).encode(encoding)))
    assert [row.cells["name"] for row in read.rows] == ["Анна Ёлкина", "Пётр"]
    assert read.rows[0].cells["organisation"] == "Лаборатория"
    assert not any(row.errors for row in read.rows)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "empty"), ("Имя\n", "empty"), ("Почта\nx@y.z\n", "no_name"), ("Имя;ФИО\nа;б\n", "twice")],
)
def test_a_table_that_cannot_be_read_says_why(text, reason):
    with pytest.raises(table.Unreadable) as problem:
        table.read(text)
    assert problem.value.reason == reason


words = st.text("аЁж xZ;,\t\"'=", max_size=12)


# The first draw loads the library itself, which a busy machine takes seconds for.
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(words.map("Ё".__add__), words, words), min_size=1, max_size=6), st.sampled_from(";,\t"))
def test_what_is_written_is_read_again(rows, delimiter):
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["name", "phone", "position"])
    writer.writerows(rows)
    read = table.read(out.getvalue())
    again = table.read(table.written(read, read.rows))
    assert [row.source for row in again.rows] == [row.source for row in read.rows] == [list(row) for row in rows]


@pytest.mark.django_db
def test_right_rows_are_taken_and_wrong_ones_given_back():
    roster.add_organisation(name="Лаборатория", actor=make.system())
    anna = make.person("Анна", email="anna@clinic.example", phone="1")
    text = (
        TABLE + "Иван;нет адреса;;\n;x@clinic.example;;\nОльга;olga@clinic.example;;Морг\nПётр;ANNA@clinic.example;;\n"
    )
    plan = newcomers.plan(text)
    assert [one.what for one in plan.rows] == ["change", "new", "wrong", "wrong", "wrong", "wrong"]
    assert Person.objects.count() == 1
    result = newcomers.apply(text, actor=make.system())
    assert (result.added, result.changed, len(result.left)) == (1, 1, 4)
    anna.refresh_from_db()
    assert (anna.name, anna.phone, anna.organisation.name) == ("Анна Ёлкина", "12-34", "Лаборатория")
    assert result.rest.splitlines()[1:] == text.splitlines()[3:]
    again = newcomers.apply(TABLE.split("Пётр")[0], actor=make.system())
    assert (again.added, again.changed, again.same) == (0, 0, 1)


@pytest.mark.django_db
def test_an_empty_cell_leaves_what_is_there():
    make.person("Анна", email="anna@clinic.example", phone="12-34")
    newcomers.apply("name,email,phone\nАнна,anna@clinic.example,\n", actor=make.system())
    assert Person.objects.get().phone == "12-34"


@pytest.mark.django_db
def test_the_page_shows_first_and_applies_then(site):
    file = SimpleUploadedFile("people.csv", TABLE.replace("Лаборатория", "").encode("windows-1251"))
    page = site.post("/settings/people/import", {"file": file})
    assert page.status_code == 200
    assert Person.objects.count() == 1
    text = TABLE.replace("Лаборатория", "") + "Ольга;не адрес;;\n"
    page = site.post("/settings/people/import", {"text": text, "apply": "1"}).content.decode()
    assert Person.objects.count() == 3
    assert "Ольга;не адрес;;" in page
    assert site.post("/settings/people/import", {"text": "Почта\nx\n"}).status_code == 422
    assert site.get("/settings/people/import").status_code == 200
