"""What the main acts cost, in processor time of the program, beside one read of one row by the bare driver."""
