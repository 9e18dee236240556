"""The screens of mail for administrators: mailboxes, ledger, quarantine."""
