"""What people say when it is over: the rating, the mailed links that need no sign-in, the word to the support lead."""
