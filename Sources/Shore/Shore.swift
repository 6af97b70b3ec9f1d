// Shore
