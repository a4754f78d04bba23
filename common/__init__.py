"""What both chapters share: layers, optimizers, training, decoding, checking, plotting."""
