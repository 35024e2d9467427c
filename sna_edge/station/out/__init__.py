"""Ways out: records go to destinations in order, stored until each has them; AQDEF files and
webhooks."""
