"""Running Otklik: the command line, the embedded database, the processes and their health."""
