"""What rewards and recommends: loyalty, promotions, predictions, recommendations."""
