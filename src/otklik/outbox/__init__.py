"""The one way out for mail: letters become deliveries, one envelope per recipient, and each ends in a state.

Who does what: rooms above decide *who hears what* and leave a ``Notice`` (``notices.leave``), where merging, quiet
hours and digests wait; the carrier they register turns due notices into letters; ``posting.post`` is the one door
through which a letter leaves: it writes ``Delivery`` rows and their job in the caller's transaction; ``sending`` hands
them to the mail server in order per (subject, recipient). Signed addresses and Message-IDs are made in ``addressing``.
"""
