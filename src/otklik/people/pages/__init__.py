"""The screens of people: signing in, passwords, my settings, and the settings of people, teams and places."""
