"""What is settled before a fit and put into its model afterwards: computed inputs, a base."""
