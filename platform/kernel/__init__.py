"""What every part of Atrium stands on. No models; imports nothing of ours."""
