"""Pages of reports, in the workspace for staff and in the portal for representatives of organisations."""
