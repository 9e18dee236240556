"""Services are kept by their settings page, each change old → new."""

from __future__ import annotations

import pytest

from otklik.catalogue import register
from otklik.catalogue.models import Service
from otklik.journal.models import Entry
from otklik.people.refusal import UnknownField
from otklik.people.tests import make
from otklik.people.tests.test_settings import signed_in

pytestmark = pytest.mark.django_db

VALUES = {"name_ru": "1С и учёт", "name_en": "ERP", "icon": "laptop", "position": "1", "is_active": "on"}


def test_a_service_is_added_changed_and_brought_back():
    site, team = signed_in(make.manager()), make.team("Учёт")
    assert site.get("/settings/services").status_code == 200
    assert site.post("/settings/services/new", VALUES).status_code == 302
    service = Service.objects.get()
    assert service.code == "erp"
    site.post(f"/settings/services/{service.pk}", VALUES | {"team": team.pk, "is_critical": "on"})
    service.refresh_from_db()
    assert (service.team, service.is_critical) == (team, True)
    page = site.get(f"/settings/services/{service.pk}").content.decode()
    assert "<b>Учёт</b>" in page
    first = Entry.objects.get(kind="record.added", subject_kind="service")
    site.post(f"/settings/services/{service.pk}/versions/{first.seq}")
    service.refresh_from_db()
    assert (service.team, service.is_critical) == (None, False)


def test_two_services_of_one_name_get_codes_of_their_own():
    codes = [register.add_service(name_ru="Почта", name_en="Mail", actor=make.system()).code for _ in range(2)]
    assert codes == ["mail", "mail-2"]


def test_s_28_a_service_has_no_other_fields():
    service = register.add_service(name_ru="Почта", name_en="Mail", actor=make.system())
    with pytest.raises(UnknownField):
        register.edit_service(service, actor=make.system(), visibility="public")
