"""Who works on a ticket: rules that find the team, the choice of a person with its reasons, and what comes after."""
