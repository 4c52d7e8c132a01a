"""What one side tells the other of how a member took part: entries of activities, feedback, scores."""
