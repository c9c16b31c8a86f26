"""What people are asked in forms: questions as data, answers as data, and what makes an answer right."""
