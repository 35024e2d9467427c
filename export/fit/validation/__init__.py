"""How rows are held out, and what held-out rows say: groups, times, holdout, gauge, suspects."""
