"""Tests of running Otklik."""
