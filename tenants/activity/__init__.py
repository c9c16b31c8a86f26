"""The audit log as people read it: filtered, in sentences, and with no value that they may not see."""
