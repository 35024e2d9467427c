"""A function on a large grid as a train and as a sum of products, from few of its values."""
