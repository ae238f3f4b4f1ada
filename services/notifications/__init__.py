"""THE VOICE: tells people what happens to their dossier, and remembers whether they got it.

It owns the messages: what was said, to whom, by which channel, every attempt, and how it ended. Of a dossier it keeps a *subject*:
its code, state, offices, appointment, and where its people can be reached; nothing else about them is kept.
It listens to everything intake and processing tell; `domain/texts.py` says for each fact what people hear of it, often nothing.
It tells `message.sent` and `message.failed`, so that the desk sees in the dossier's timeline what people know.
Texts are made when the fact arrives, in its transaction, one message per (event, template, recipient, channel); the chores
send them later: claim, call, record. A gateway that is away costs nobody a message, and a crash costs at most a second one.
A message overtaken by events ("come and collect" after the hand-over) is not sent any more.
"""
