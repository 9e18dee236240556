"""Is this answer nothing but thanks?  Such a letter does not reopen a solved ticket (domain.md §2.5)."""

from __future__ import annotations

from .wordlists import listed

MAX_LENGTH = 200  # characters
MAX_WORDS = 6  # of one phrase

# The shipped list. A text counts as thanks when it can be cut into these phrases and nothing else.
PHRASES = listed(
    """
    спасибо; спс; благодарю; благодарим; благодарность; большое спасибо; спасибо большое; огромное спасибо;
    спасибо огромное; спасибо вам; вам спасибо; спасибо за помощь; за помощь; за оперативность; за быстрый
    ответ; за ответ; за решение; за быстрое решение; за быструю помощь; за оперативное решение; за оперативную
    помощь; за работу; за внимание; за информацию; за разъяснения; за отзывчивость; за терпение; за помощь и
    терпение; всё работает; все работает; теперь всё работает; теперь все работает; всё заработало; все
    заработало; заработало; работает; теперь работает; снова работает; уже работает; помогло; это помогло; всё
    хорошо; все хорошо; всё отлично; все отлично; отлично; супер; класс; здорово; замечательно; прекрасно; ура;
    молодцы; вы молодцы; вы лучшие; вы супер; очень помогли; вы очень помогли; вы мне очень помогли; выручили;
    вы нас выручили; вы меня выручили; решено; вопрос решён; вопрос решен; вопрос закрыт; проблема решена;
    проблема устранена; можно закрывать; закрывайте; заявку можно закрыть; заявку можно закрывать; можно
    закрыть; получилось; всё получилось; все получилось; хорошо; ок; окей; понятно; ясно; принято; поняла;
    понял; получила; получил; получили; подтверждаю; и; а; очень; вам; всем; ещё раз; еще раз; ещё раз спасибо;
    еще раз спасибо; добрый день; доброе утро; добрый вечер; здравствуйте; привет; хорошего дня; хорошего
    вечера; хороших выходных; доброго дня; удачного дня; удачи; с уважением; всего доброго; всего хорошего; до
    свидания; коллеги; уважаемые коллеги; мы довольны; я довольна; я доволен; thanks; thank you; thx; ty; many
    thanks; thanks a lot; thanks so much; thank you so much; thank you very much; thanks very much; thanks
    again; thank you again; much appreciated; appreciated; appreciate it; i appreciate it; we appreciate it; i
    really appreciate it; for your help; for the help; for your quick help; for the quick help; for your
    support; for the quick reply; for your quick response; for the quick response; for the quick fix; for fixing
    it; for fixing this; for fixing that; for your time; for the information; for your reply; for the update;
    for your patience; it works; it works now; works now; works; working now; it is working now; it's working
    now; it is working; it's working; everything works; everything works now; all works; all good; all good now;
    all is well; all fine; works fine; works fine now; works perfectly; works like a charm; that worked; that
    helped; this worked; it worked; problem solved; issue solved; issue resolved; problem resolved; solved;
    resolved; fixed; you can close it; you can close this; you can close the ticket; please close; please close
    the ticket; great; great job; great work; perfect; excellent; awesome; super; wonderful; fantastic;
    brilliant; nice; well done; good job; cheers; ok; okay; got it; noted; received; confirmed; yes; hi; hello;
    dear all; hi all; hi team; dear team; team; all; guys; and; very; so; much; again; now; have a nice day;
    have a good day; have a great day; have a nice weekend; have a great weekend; best; best regards; kind
    regards; regards; warm regards; best wishes; sincerely; you rock; you are the best; you're the best; да; да
    спасибо; нет слов;
    """
)
_THANKS = ("спасибо", "спс", "благодар", "thank", "thx", "ty", "appreciat", "cheers")
_DONE = tuple(
    listed(
        """
        работает; заработало; помогло; решен; решён; закры; получилось; отлично; супер; works; working;
        worked; helped; solved; resolved; fixed; perfect; great; all good; close; ура; молодцы; хорошо;
        excellent; awesome; well done; выручили; помогли
        """
    )
)


def _words(text: str) -> list[str]:
    """Words in lower case; punctuation, smileys and everything else that is no letter fall away."""
    lowered = text.lower().replace("’", "'").replace("&", " and ")
    return "".join(char if char.isalnum() or char == "'" else " " for char in lowered).split()


def is_gratitude(text: str, *, attachments: int = 0) -> bool:
    """Whether a quote-stripped answer only thanks or confirms.

    At most 200 characters, no question mark, no attachment, only phrases of the shipped list, at least one of which
    thanks or says that it works: a bare "да" or "ok" answers something, and a person must read what.
    """
    text = text.strip()
    if not text or len(text) > MAX_LENGTH or "?" in text or "？" in text or attachments:
        return False
    words = _words(text)
    if not words:
        return False
    lowered = " ".join(words)
    if not any(f" {lowered}".find(f" {sign}") >= 0 for sign in (*_THANKS, *_DONE)):
        return False
    reachable = [True] + [False] * len(words)
    for end in range(1, len(words) + 1):
        reachable[end] = any(
            reachable[start] and " ".join(words[start:end]) in PHRASES for start in range(max(0, end - MAX_WORDS), end)
        )
    return reachable[-1]
