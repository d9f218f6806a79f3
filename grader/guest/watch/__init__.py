"""What a notebook's training does: gradients, loaders, schedules, optimisers, Keras's fit."""
