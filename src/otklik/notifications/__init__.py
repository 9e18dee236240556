"""Who hears of what, and in which words: facts become notices, notices become letters and lines of the bell.

``reactions`` is the table "event → who hears it"; ``recipients`` finds the people; ``dispatch`` applies what keeps
quiet (merging, live readers, digests, quiet hours, limits, personal switches) and hands letters to ``outbox.posting``.
"""
