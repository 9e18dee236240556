# Everything one does with Otklik from a clone. Needs Python 3.11 or later, git and make; nothing is installed outside.
