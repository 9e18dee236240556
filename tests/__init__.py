"""What no room owns: whole journeys, real-browser paths, the rules of the house, and the suite's ground."""
