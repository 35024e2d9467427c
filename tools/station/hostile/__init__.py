"""Messages made to break a station, door by door, and what must hold whatever is sent."""
