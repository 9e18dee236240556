"""The room of the catalogue."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """The room of the catalogue."""

    name = "otklik.catalogue"
    label = "catalogue"
