"""How the window looks: tokens, the style made of them, icons, and the colours of categories."""
