"""The composing pages: portal for requesters, workspace for staff, and what both share (files, drafts, live page)."""
