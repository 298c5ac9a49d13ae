// Removed as soon as this layer has its first source.
