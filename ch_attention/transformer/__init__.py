"""The Transformer: what came after recurrent models with attention, layer by layer."""
