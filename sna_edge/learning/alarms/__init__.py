"""Whether something has moved: sums that grow while measured parts lie to one side of the model, or
farther off than they did, and thresholds that own residuals set."""
